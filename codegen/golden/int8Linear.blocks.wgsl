// int8Linear, blocks
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> packed_data: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> scale_data: array<f32>;
@group(0) @binding(4) var<storage, read_write> output_data: array<f32>;
var<workgroup> sum_parts_0: array<f32, 64>;

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

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let out_local_0 = local_index % 32u;
  let way_0 = local_index / 32u;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= (uniforms.extent_token * 2u)) {
    return;
  }
  let out_base_0 = (tile_0 % 2u) * 32u;
  let token_base_0 = tile_0 / 2u;
  let minimum_0 = min(token_base_0, (uniforms.extent_token - 1u));
  let product_0 = minimum_0 * 16u;
  let product_1 = (out_base_0 / 32u) * 128u;
  for (var w_0 = way_0; w_0 < 2u; w_0 += 8u) {
    var sum_0: f32 = bitcast<f32>(uniforms.zero);
    let total_0 = product_0 + (w_0 * 8u);
    let total_1 = out_local_0 + (w_0 * 64u);
    for (var w_1 = uniforms.zero; w_1 < 8u; w_1 += 1u) {
      var sum_1: f32 = bitcast<f32>(uniforms.zero);
      let x_words_0 = x_data[(total_0 + w_1)];
      let total_2 = (total_1 + ((w_1 / 4u) * 32u)) + product_1;
      let packed_words_0 = packed_data[total_2];
      let packed_0 = packed_words_0[(w_1 % 4u)];
      for (var l_0 = 0u; l_0 < 4u; l_0 += 1u) {
        let x_0 = x_words_0[l_0];
        let signedByte_0 = fn_signedByte_0(packed_0, l_0);
        let toF_0 = f32(signedByte_0);
        let product_2 = seal(x_0 * toF_0);
        sum_1 = sum_1 + product_2;
      }
      sum_0 = sum_0 + sum_1;
    }
    sum_parts_0[((w_0 * 32u) + out_local_0)] = sum_0;
  }
  workgroupBarrier();
  if (way_0 == 0u) {
    var sum_2: f32 = bitcast<f32>(uniforms.zero);
    for (var w_2 = 0u; w_2 < 2u; w_2 += 1u) {
      let sum_3 = sum_parts_0[((w_2 * 32u) + out_local_0)];
      sum_2 = sum_2 + sum_3;
    }
    sum_parts_0[out_local_0] = sum_2;
  }
  workgroupBarrier();
  let sum_4 = sum_parts_0[out_local_0];
  let scale_0 = scale_data[(out_base_0 + out_local_0)];
  let product_3 = seal(scale_0 * sum_4);
  let total_3 = ((minimum_0 * 64u) + out_base_0) + out_local_0;
  if ((token_base_0 < uniforms.extent_token) && (way_0 == 0u)) {
    output_data[total_3] = canonical(product_3);
  }
}
