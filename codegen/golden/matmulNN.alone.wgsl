// matmulNN, alone
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<f32>;
@group(0) @binding(2) var<storage, read> w_data: array<f32>;
@group(0) @binding(3) var<storage, read_write> output_data: array<f32>;

fn seal(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) | uniforms.zero);
}

fn canonical(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return bitcast<f32>(select(bits, 0x7fc00000u, (bits & 0x7fffffffu) > 0x7f800000u));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let out_local_0 = local_index % 32u;
  let token_local_0 = local_index / 32u;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= ((uniforms.extent_token + 1u) / 2u)) {
    return;
  }
  let token_base_0 = tile_0 * 2u;
  var sum_stack_0: array<f32, 4>;
  var depth_0: u32 = 0u;
  let minimum_1 = min((token_base_0 + token_local_0), (uniforms.extent_token - 1u));
  let product_1 = minimum_1 * 133u;
  let minimum_2 = min(out_local_0, 20u);
  for (var t_0 = uniforms.zero; t_0 < 5u; t_0 += 1u) {
    var sum_0: f32 = bitcast<f32>(uniforms.zero);
    let product_0 = t_0 * 32u;
    let minimum_0 = min(133u, (product_0 + 32u));
    let total_1 = product_1 + product_0;
    let product_2 = t_0 * 672u;
    for (var t_1 = uniforms.zero; t_1 < 4u; t_1 += 1u) {
      var sum_1: f32 = bitcast<f32>(uniforms.zero);
      let total_0 = (minimum_0 - (product_0 + t_1)) + 3u;
      let total_2 = total_1 + t_1;
      let total_3 = product_2 + (t_1 * 21u);
      for (var t_2 = 0u; t_2 < (total_0 / 4u); t_2 += 1u) {
        let x_0 = x_data[(total_2 + (t_2 * 4u))];
        let total_4 = (total_3 + (t_2 * 84u)) + minimum_2;
        let w_0 = w_data[total_4];
        let product_3 = seal(x_0 * w_0);
        sum_1 = sum_1 + product_3;
      }
      sum_0 = sum_0 + sum_1;
    }
    var sum_2: f32 = sum_0;
    var carry_0: u32 = t_0;
    while ((carry_0 & 1u) == 1u) {
      depth_0 = depth_0 - 1u;
      sum_2 = sum_stack_0[depth_0] + sum_2;
      carry_0 = carry_0 >> 1u;
    }
    sum_stack_0[depth_0] = sum_2;
    depth_0 = depth_0 + 1u;
  }
  var sum_3: f32 = bitcast<f32>(uniforms.zero);
  if (depth_0 > 0u) {
    depth_0 = depth_0 - 1u;
    var sum_4: f32 = sum_stack_0[depth_0];
    while (depth_0 > 0u) {
      depth_0 = depth_0 - 1u;
      sum_4 = sum_stack_0[depth_0] + sum_4;
    }
    sum_3 = sum_3 + sum_4;
  }
  let less_0 = (token_base_0 + token_local_0) < uniforms.extent_token;
  if (less_0 && (out_local_0 < 21u)) {
    output_data[((minimum_1 * 21u) + minimum_2)] = canonical(sum_3);
  }
}
