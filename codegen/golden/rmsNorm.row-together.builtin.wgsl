// rmsNorm, row-together
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
  param_epsilon: f32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<f32>;
@group(0) @binding(2) var<storage, read> gain_data: array<f32>;
@group(0) @binding(3) var<storage, read_write> output_data: array<u32>;
var<workgroup> sum_parts_0: array<f32, 64>;

fn round_bf16(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & 0x7fffffffu;
  let rounded = (bits + 0x7fffu + ((bits >> 16u) & 1u)) & 0xffff0000u;
  let flushed = select(rounded, bits & 0x80000000u, magnitude < 0x23800000u);
  return bitcast<f32>(select(flushed, 0x7fc00000u, magnitude > 0x7f800000u));
}

fn fn_flush_0(arg_x_0: f32, arg_least_1: f32) -> f32 {
  let t_0 = select(arg_x_0, bitcast<f32>(uniforms.zero), ((bitcast<u32>(arg_x_0) & 2147483647u) < bitcast<u32>(arg_least_1)));
  return t_0;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let channel_local_0 = local_index;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= uniforms.extent_token) {
    return;
  }
  let token_base_0 = tile_0;
  let minimum_0 = min(token_base_0, (uniforms.extent_token - 1u));
  let product_0 = minimum_0 * 128u;
  for (var c_0 = channel_local_0; c_0 < 64u; c_0 += 64u) {
    var sum_0: f32 = bitcast<f32>(uniforms.zero);
    let total_0 = product_0 + c_0;
    for (var c_1 = 0u; c_1 < (((128u - c_0) + 63u) / 64u); c_1 += 1u) {
      let x_0 = x_data[(total_0 + (c_1 * 64u))];
      let flush_0 = fn_flush_0(x_0, 0x1p-51f);
      let product_1 = flush_0 * flush_0;
      sum_0 = sum_0 + product_1;
    }
    sum_parts_0[c_0] = sum_0;
  }
  workgroupBarrier();
  if (channel_local_0 == 0u) {
    var sum_stack_0: array<f32, 8>;
    var depth_0: u32 = 0u;
    for (var c_2 = uniforms.zero; c_2 < 64u; c_2 += 1u) {
      let sum_1 = sum_parts_0[c_2];
      var sum_2: f32 = sum_1;
      var carry_0: u32 = c_2;
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
    sum_parts_0[0u] = sum_3;
  }
  workgroupBarrier();
  let sum_5 = sum_parts_0[0u];
  let meanSquare_0 = sum_5 / 128.0f;
  let flush_2 = fn_flush_0(meanSquare_0, 0x1p-102f);
  let flush_3 = fn_flush_0(uniforms.param_epsilon, 0x1p-102f);
  let total_1 = flush_2 + flush_3;
  let rsqrt_0 = inverseSqrt(total_1);
  let less_0 = token_base_0 < uniforms.extent_token;
  let product_6 = minimum_0 * 64u;
  for (var channel_0 = channel_local_0 * 2u; channel_0 < 128u; channel_0 += 128u) {
    let x_1 = x_data[((product_0 + channel_0) + 1u)];
    let flush_1 = fn_flush_0(x_1, 0x1p-51f);
    let product_2 = flush_1 * rsqrt_0;
    let flush_4 = fn_flush_0(product_2, 0x1p-70f);
    let gain_0 = gain_data[(channel_0 + 1u)];
    let flush_5 = fn_flush_0(gain_0, 0x1p-56f);
    let product_3 = flush_4 * flush_5;
    let rounded_0 = round_bf16(product_3);
    let x_2 = x_data[(product_0 + channel_0)];
    let flush_6 = fn_flush_0(x_2, 0x1p-51f);
    let product_4 = flush_6 * rsqrt_0;
    let flush_7 = fn_flush_0(product_4, 0x1p-70f);
    let gain_1 = gain_data[channel_0];
    let flush_8 = fn_flush_0(gain_1, 0x1p-56f);
    let product_5 = flush_7 * flush_8;
    let rounded_1 = round_bf16(product_5);
    let or_0 = (bitcast<u32>(rounded_1) >> 16u) | bitcast<u32>(rounded_0);
    if (less_0) {
      output_data[(product_6 + (channel_0 / 2u))] = or_0;
    }
  }
}
