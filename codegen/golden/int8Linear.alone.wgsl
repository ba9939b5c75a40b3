// int8Linear, alone
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<f32>;
@group(0) @binding(2) var<storage, read> packed_data: array<u32>;
@group(0) @binding(3) var<storage, read> scale_data: array<f32>;
@group(0) @binding(4) var<storage, read_write> output_data: array<f32>;

fn seal(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) | uniforms.zero);
}

fn canonical(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return bitcast<f32>(select(bits, 0x7fc00000u, (bits & 0x7fffffffu) > 0x7f800000u));
}

fn fn_signedByte_0(arg_word_0: u32, arg_lane_1: u32) -> i32 {
  return (i32((arg_word_0 >> (8u * arg_lane_1))) << 24u) >> 24u;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let out_local_0 = local_index;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= uniforms.extent_token) {
    return;
  }
  let token_base_0 = tile_0;
  var sum_0: f32 = bitcast<f32>(uniforms.zero);
  let minimum_0 = min(token_base_0, (uniforms.extent_token - 1u));
  let product_0 = minimum_0 * 64u;
  let product_1 = out_local_0 * 16u;
  for (var w_0 = uniforms.zero; w_0 < 2u; w_0 += 1u) {
    var sum_1: f32 = bitcast<f32>(uniforms.zero);
    let total_0 = product_0 + (w_0 * 32u);
    let total_2 = product_1 + (w_0 * 8u);
    for (var w_1 = uniforms.zero; w_1 < 8u; w_1 += 1u) {
      var sum_2: f32 = bitcast<f32>(uniforms.zero);
      let total_1 = total_0 + (w_1 * 4u);
      let packed_0 = packed_data[(total_2 + w_1)];
      for (var l_0 = 0u; l_0 < 4u; l_0 += 1u) {
        let x_0 = x_data[(total_1 + l_0)];
        let signedByte_0 = fn_signedByte_0(packed_0, l_0);
        let toF_0 = f32(signedByte_0);
        let product_2 = seal(x_0 * toF_0);
        sum_2 = sum_2 + product_2;
      }
      sum_1 = sum_1 + sum_2;
    }
    sum_0 = sum_0 + sum_1;
  }
  let scale_0 = scale_data[out_local_0];
  let product_3 = seal(scale_0 * sum_0);
  if (token_base_0 < uniforms.extent_token) {
    output_data[(product_0 + out_local_0)] = canonical(product_3);
  }
}
