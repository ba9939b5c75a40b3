// matmulNN, runs-together
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<f32>;
@group(0) @binding(2) var<storage, read> w_data: array<f32>;
@group(0) @binding(3) var<storage, read_write> output_data: array<f32>;
var<workgroup> sum_parts_0: array<f32, 160>;

fn seal(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) | uniforms.zero);
}

fn canonical(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return bitcast<f32>(select(bits, 0x7fc00000u, (bits & 0x7fffffffu) > 0x7f800000u));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let out_local_0 = local_index % 8u;
  let way_0 = local_index / 8u;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= (uniforms.extent_token * 3u)) {
    return;
  }
  let out_base_0 = (tile_0 % 3u) * 8u;
  let token_base_0 = tile_0 / 3u;
  let minimum_1 = min(token_base_0, (uniforms.extent_token - 1u));
  let product_0 = minimum_1 * 133u;
  let minimum_2 = min((out_base_0 + out_local_0), 20u);
  for (var t_0 = way_0; t_0 < 20u; t_0 += 8u) {
    var sum_0: f32 = bitcast<f32>(uniforms.zero);
    let total_0 = ((t_0 / 4u) * 32u) + (t_0 % 4u);
    let minimum_0 = min(133u, (((t_0 / 4u) * 32u) + 32u));
    let total_1 = (product_0 + ((t_0 / 4u) * 32u)) + (t_0 % 4u);
    let total_2 = ((t_0 / 4u) * 672u) + ((t_0 % 4u) * 21u);
    for (var t_1 = 0u; t_1 < (((minimum_0 - total_0) + 3u) / 4u); t_1 += 1u) {
      let x_0 = x_data[(total_1 + (t_1 * 4u))];
      let total_3 = (total_2 + (t_1 * 84u)) + minimum_2;
      let w_0 = w_data[total_3];
      let product_1 = seal(x_0 * w_0);
      sum_0 = sum_0 + product_1;
    }
    sum_parts_0[((t_0 * 8u) + out_local_0)] = sum_0;
  }
  workgroupBarrier();
  if (way_0 == 0u) {
    var sum_stack_0: array<f32, 4>;
    var depth_0: u32 = 0u;
    for (var t_2 = uniforms.zero; t_2 < 5u; t_2 += 1u) {
      var sum_1: f32 = bitcast<f32>(uniforms.zero);
      let product_2 = t_2 * 32u;
      for (var t_3 = 0u; t_3 < 4u; t_3 += 1u) {
        let total_4 = (product_2 + (t_3 * 8u)) + out_local_0;
        let sum_2 = sum_parts_0[total_4];
        sum_1 = sum_1 + sum_2;
      }
      var sum_3: f32 = sum_1;
      var carry_0: u32 = t_2;
      while ((carry_0 & 1u) == 1u) {
        depth_0 = depth_0 - 1u;
        sum_3 = sum_stack_0[depth_0] + sum_3;
        carry_0 = carry_0 >> 1u;
      }
      sum_stack_0[depth_0] = sum_3;
      depth_0 = depth_0 + 1u;
    }
    var sum_4: f32 = bitcast<f32>(uniforms.zero);
    if (depth_0 > 0u) {
      depth_0 = depth_0 - 1u;
      var sum_5: f32 = sum_stack_0[depth_0];
      while (depth_0 > 0u) {
        depth_0 = depth_0 - 1u;
        sum_5 = sum_stack_0[depth_0] + sum_5;
      }
      sum_4 = sum_4 + sum_5;
    }
    sum_parts_0[out_local_0] = sum_4;
  }
  workgroupBarrier();
  let sum_6 = sum_parts_0[out_local_0];
  if ((token_base_0 < uniforms.extent_token) && ((out_base_0 + out_local_0) < 21u) && (way_0 == 0u)) {
    output_data[((minimum_1 * 21u) + minimum_2)] = canonical(sum_6);
  }
}
