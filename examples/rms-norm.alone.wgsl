// rmsNorm, alone
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
  param_epsilon: f32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<f32>;
@group(0) @binding(2) var<storage, read> gain_data: array<f32>;
@group(0) @binding(3) var<storage, read_write> output_data: array<f32>;

fn seal(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) | uniforms.zero);
}

fn truncate_i32(x: f32) -> i32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & 0x7fffffffu;
  let bound = select(0x7fffff80i, i32(-2147483647 - 1), bits >= 0x80000000u);
  return select(select(i32(x), bound, magnitude >= 0x4f000000u), 0i, magnitude > 0x7f800000u);
}

fn canonical(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return bitcast<f32>(select(bits, 0x7fc00000u, (bits & 0x7fffffffu) > 0x7f800000u));
}

fn fn_flush_0(arg_x_0: f32, arg_least_1: f32) -> f32 {
  let t_0 = select(arg_x_0, bitcast<f32>(uniforms.zero), ((bitcast<u32>(arg_x_0) & 2147483647u) < bitcast<u32>(arg_least_1)));
  return t_0;
}

fn fn_rootSpecials_0(arg_bits_0: u32, arg_atZero_1: u32, arg_atInfinity_2: u32, arg_otherwise_3: u32) -> u32 {
  let t_0 = select(select(2143289344u, arg_atInfinity_2, (arg_bits_0 == 2139095040u)), arg_otherwise_3, (arg_bits_0 < 2139095040u));
  return select(t_0, arg_atZero_1, ((arg_bits_0 & 2147483647u) < 8388608u));
}

fn fn_roughReciprocalRoot_0(arg_m_0: f32) -> f32 {
  let t_0 = bitcast<f32>((1597463007u - (bitcast<u32>(arg_m_0) >> 1u)));
  let t_1 = seal(0x1p-1f * arg_m_0);
  let t_2 = seal(t_0 * seal(0x1.8p0f - seal(seal(t_1 * t_0) * t_0)));
  let t_3 = seal(t_2 * seal(0x1.8p0f - seal(seal(t_1 * t_2) * t_2)));
  let t_4 = seal(t_3 * seal(0x1.8p0f - seal(seal(t_1 * t_3) * t_3)));
  return t_4;
}

fn fn_quarterScaled_0(arg_bits_0: u32) -> f32 {
  let t_0 = (arg_bits_0 & 8388607u) | ((128u - ((arg_bits_0 >> 23u) & 1u)) << 23u);
  return bitcast<f32>(t_0);
}

fn fn_radicand_0(arg_bits_0: u32) -> u32 {
  let t_0 = ((arg_bits_0 & 8388607u) | 8388608u) << (24u - ((arg_bits_0 >> 23u) & 1u));
  return t_0;
}

fn fn_rsqrt_0(arg_x_0: f32) -> f32 {
  let t_0 = bitcast<u32>(arg_x_0);
  let t_1 = fn_quarterScaled_0(t_0);
  let t_2 = fn_roughReciprocalRoot_0(t_1);
  let t_3 = truncate_i32(seal(seal(t_1 * t_2) * 8388608.0f));
  let t_4 = f32((i32(fn_radicand_0(t_0)) - (t_3 * t_3)));
  let t_5 = seal(f32((-(t_3 * truncate_i32(seal(t_2 * 0x1p24f))))) - seal(t_4 * seal(t_2 * t_2)));
  let t_6 = bitcast<u32>(seal(t_2 + seal(t_2 * seal(t_5 * 0x1p-47f)))) - (u32(((i32((t_0 >> 23u)) - 127i) >> 1u)) << 23u);
  return bitcast<f32>(fn_rootSpecials_0(t_0, 2139095040u, 0u, t_6));
}

fn fn_isInfinite_0(arg_x_0: f32) -> bool {
  return (bitcast<u32>(arg_x_0) & 2147483647u) == 2139095040u;
}

fn fn_isNaN_0(arg_x_0: f32) -> bool {
  return 2139095040u < (bitcast<u32>(arg_x_0) & 2147483647u);
}

fn fn_divide_0(arg_dividend_0: f32, arg_divisor_1: f32) -> f32 {
  let t_0 = bitcast<u32>(arg_divisor_1);
  let t_1 = t_0 & 2147483647u;
  let t_2 = (t_1 & 8388607u) | 8388608u;
  let t_3 = bitcast<u32>(arg_dividend_0);
  let t_4 = t_3 & 2147483647u;
  let t_5 = (t_4 & 8388607u) | 8388608u;
  let t_6 = t_5 < t_2;
  let t_7 = (select(t_5, (t_5 << 1u), t_6) - t_2) << 8u;
  let t_8 = t_7 / t_2;
  let t_9 = (t_7 - (t_8 * t_2)) << 8u;
  let t_10 = t_9 / t_2;
  let t_11 = ((t_9 - (t_10 * t_2)) << 8u) / t_2;
  let t_12 = (((t_8 << 16u) | (t_10 << 8u)) | t_11) + 1u;
  let t_13 = (i32((t_4 >> 23u)) - i32((t_1 >> 23u))) + select(127i, 126i, t_6);
  let t_14 = select(((u32(t_13) << 23u) + (t_12 >> 1u)), 2139095040u, (254i < t_13));
  let t_15 = t_4 < 8388608u;
  let t_16 = select(select(t_14, 0u, (t_13 < 1i)), 0u, (t_15 || (2139095040u <= t_1)));
  let t_17 = t_1 < 8388608u;
  let t_18 = ((t_3 ^ t_0) & 2147483648u) | select(t_16, 2139095040u, (t_17 || (2139095040u <= t_4)));
  let t_19 = (t_15 && t_17) || (fn_isInfinite_0(arg_dividend_0) && fn_isInfinite_0(arg_divisor_1));
  let t_20 = select(t_18, 2143289344u, ((fn_isNaN_0(arg_dividend_0) || fn_isNaN_0(arg_divisor_1)) || t_19));
  return bitcast<f32>(t_20);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let channel_local_0 = local_index;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= (uniforms.extent_token * 16u)) {
    return;
  }
  let channel_base_0 = (tile_0 % 16u) * 64u;
  let token_base_0 = tile_0 / 16u;
  var squares_stack_0: array<f32, 8>;
  var depth_0: u32 = 0u;
  let minimum_0 = min(token_base_0, (uniforms.extent_token - 1u));
  let product_0 = minimum_0 * 1024u;
  for (var c_0 = uniforms.zero; c_0 < 64u; c_0 += 1u) {
    var squares_0: f32 = bitcast<f32>(uniforms.zero);
    let total_0 = product_0 + c_0;
    for (var c_1 = 0u; c_1 < (((1024u - c_0) + 63u) / 64u); c_1 += 1u) {
      let x_0 = x_data[(total_0 + (c_1 * 64u))];
      let flush_0 = fn_flush_0(x_0, 0x1p-51f);
      let product_1 = seal(flush_0 * flush_0);
      squares_0 = squares_0 + product_1;
    }
    var squares_1: f32 = squares_0;
    var carry_0: u32 = c_0;
    while ((carry_0 & 1u) == 1u) {
      depth_0 = depth_0 - 1u;
      squares_1 = squares_stack_0[depth_0] + squares_1;
      carry_0 = carry_0 >> 1u;
    }
    squares_stack_0[depth_0] = squares_1;
    depth_0 = depth_0 + 1u;
  }
  var squares_2: f32 = bitcast<f32>(uniforms.zero);
  if (depth_0 > 0u) {
    depth_0 = depth_0 - 1u;
    var squares_3: f32 = squares_stack_0[depth_0];
    while (depth_0 > 0u) {
      depth_0 = depth_0 - 1u;
      squares_3 = squares_stack_0[depth_0] + squares_3;
    }
    squares_2 = squares_2 + squares_3;
  }
  let x_1 = x_data[((product_0 + channel_base_0) + channel_local_0)];
  let flush_1 = fn_flush_0(x_1, 0x1p-51f);
  let divide_0 = fn_divide_0(squares_2, 1024.0f);
  let flush_2 = fn_flush_0(divide_0, 0x1p-102f);
  let flush_3 = fn_flush_0(uniforms.param_epsilon, 0x1p-102f);
  let total_1 = seal(flush_2 + flush_3);
  let scale_0 = fn_rsqrt_0(total_1);
  let product_2 = seal(flush_1 * scale_0);
  let flush_4 = fn_flush_0(product_2, 0x1p-70f);
  let gain_0 = gain_data[(channel_base_0 + channel_local_0)];
  let flush_5 = fn_flush_0(gain_0, 0x1p-56f);
  let product_3 = seal(flush_4 * flush_5);
  if (token_base_0 < uniforms.extent_token) {
    output_data[((product_0 + channel_base_0) + channel_local_0)] = canonical(product_3);
  }
}
