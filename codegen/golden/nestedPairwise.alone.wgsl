// nestedPairwise, alone
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<f32>;
@group(0) @binding(2) var<storage, read> v_data: array<f32>;
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
  var sum_0: f32 = bitcast<f32>(uniforms.zero);
  let minimum_0 = min((token_base_0 + token_local_0), (uniforms.extent_token - 1u));
  let product_0 = minimum_0 * 9u;
  let minimum_1 = min(out_local_0, 16u);
  for (var a_0 = uniforms.zero; a_0 < 9u; a_0 += 1u) {
    var sum_stack_0: array<f32, 3>;
    var depth_0: u32 = 0u;
    let x_0 = x_data[(product_0 + a_0)];
    for (var b_0 = uniforms.zero; b_0 < 3u; b_0 += 1u) {
      let v_0 = v_data[((b_0 * 17u) + minimum_1)];
      let product_1 = seal(x_0 * v_0);
      var sum_1: f32 = product_1;
      var carry_0: u32 = b_0;
      while ((carry_0 & 1u) == 1u) {
        depth_0 = depth_0 - 1u;
        sum_1 = sum_stack_0[depth_0] + sum_1;
        carry_0 = carry_0 >> 1u;
      }
      sum_stack_0[depth_0] = sum_1;
      depth_0 = depth_0 + 1u;
    }
    var sum_2: f32 = bitcast<f32>(uniforms.zero);
    if (depth_0 > 0u) {
      depth_0 = depth_0 - 1u;
      var sum_3: f32 = sum_stack_0[depth_0];
      while (depth_0 > 0u) {
        depth_0 = depth_0 - 1u;
        sum_3 = sum_stack_0[depth_0] + sum_3;
      }
      sum_2 = sum_2 + sum_3;
    }
    sum_0 = sum_0 + sum_2;
  }
  let less_0 = (token_base_0 + token_local_0) < uniforms.extent_token;
  if (less_0 && (out_local_0 < 17u)) {
    output_data[((minimum_0 * 17u) + minimum_1)] = canonical(sum_0);
  }
}
