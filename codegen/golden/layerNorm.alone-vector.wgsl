// layerNorm, alone-vector
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
  param_epsilon: f32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<f32>;
@group(0) @binding(2) var<storage, read> gain_data: array<u32>;
@group(0) @binding(3) var<storage, read> bias_data: array<u32>;
@group(0) @binding(4) var<storage, read_write> output_data: array<f32>;

fn order_key(x: f32) -> u32 {
  let raw = bitcast<u32>(x);
  let bits = select(raw, 0x7fc00000u, (raw & 0x7fffffffu) > 0x7f800000u);
  return bits ^ select(0x80000000u, 0xffffffffu, (bits >> 31u) == 1u);
}

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

fn max_by_bits(a: f32, b: f32) -> f32 {
  return bitcast<f32>(select(bitcast<u32>(a), bitcast<u32>(b), order_key(a) < order_key(b)));
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

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let channel_local_0 = local_index;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= (uniforms.extent_token * 2u)) {
    return;
  }
  let channel_base_0 = (tile_0 % 2u) * 64u;
  let token_base_0 = tile_0 / 2u;
  var n_stack_0: array<f32, 5>;
  var mean_stack_0: array<f32, 5>;
  var m2_stack_0: array<f32, 5>;
  var depth_0: u32 = 0u;
  let minimum_0 = min(token_base_0, (uniforms.extent_token - 1u));
  let product_0 = minimum_0 * 101u;
  for (var c_0 = uniforms.zero; c_0 < 8u; c_0 += 1u) {
    var n_0: f32 = bitcast<f32>(uniforms.zero);
    var mean_0: f32 = bitcast<f32>(uniforms.zero);
    var m_0: f32 = bitcast<f32>(uniforms.zero);
    let total_0 = product_0 + c_0;
    for (var c_1 = 0u; c_1 < (((101u - c_0) + 7u) / 8u); c_1 += 1u) {
      let n_1 = seal(n_0 + 1.0f);
      let mean_1 = x_data[(total_0 + (c_1 * 8u))];
      let delta_0 = seal(mean_1 - mean_0);
      let maximum_0 = max_by_bits(n_1, 1.0f);
      let share_0 = fn_divide_0(1.0f, maximum_0);
      let product_1 = seal(delta_0 * share_0);
      let mean_2 = seal(mean_0 + product_1);
      let total_1 = seal(m_0 + bitcast<f32>(uniforms.zero));
      let product_2 = seal(delta_0 * delta_0);
      let product_3 = seal(product_2 * n_0);
      let product_4 = seal(product_3 * share_0);
      let m_1 = seal(total_1 + product_4);
      n_0 = n_1;
      mean_0 = mean_2;
      m_0 = m_1;
    }
    var n_2: f32 = n_0;
    var mean_3: f32 = mean_0;
    var m_2: f32 = m_0;
    var carry_0: u32 = c_0;
    while ((carry_0 & 1u) == 1u) {
      depth_0 = depth_0 - 1u;
      let n_3 = seal(n_stack_0[depth_0] + n_2);
      let delta_1 = seal(mean_3 - mean_stack_0[depth_0]);
      let maximum_1 = max_by_bits(n_3, 1.0f);
      let share_1 = fn_divide_0(n_2, maximum_1);
      let product_5 = seal(delta_1 * share_1);
      let mean_4 = seal(mean_stack_0[depth_0] + product_5);
      let total_2 = seal(m2_stack_0[depth_0] + m_2);
      let product_6 = seal(delta_1 * delta_1);
      let product_7 = seal(product_6 * n_stack_0[depth_0]);
      let product_8 = seal(product_7 * share_1);
      let m_3 = seal(total_2 + product_8);
      n_2 = n_3;
      mean_3 = mean_4;
      m_2 = m_3;
      carry_0 = carry_0 >> 1u;
    }
    n_stack_0[depth_0] = n_2;
    mean_stack_0[depth_0] = mean_3;
    m2_stack_0[depth_0] = m_2;
    depth_0 = depth_0 + 1u;
  }
  var n_4: f32 = bitcast<f32>(uniforms.zero);
  var mean_5: f32 = bitcast<f32>(uniforms.zero);
  var m_4: f32 = bitcast<f32>(uniforms.zero);
  if (depth_0 > 0u) {
    depth_0 = depth_0 - 1u;
    var n_5: f32 = n_stack_0[depth_0];
    var mean_6: f32 = mean_stack_0[depth_0];
    var m_5: f32 = m2_stack_0[depth_0];
    while (depth_0 > 0u) {
      depth_0 = depth_0 - 1u;
      let n_6 = seal(n_stack_0[depth_0] + n_5);
      let delta_2 = seal(mean_6 - mean_stack_0[depth_0]);
      let maximum_2 = max_by_bits(n_6, 1.0f);
      let share_2 = fn_divide_0(n_5, maximum_2);
      let product_9 = seal(delta_2 * share_2);
      let mean_7 = seal(mean_stack_0[depth_0] + product_9);
      let total_3 = seal(m2_stack_0[depth_0] + m_5);
      let product_10 = seal(delta_2 * delta_2);
      let product_11 = seal(product_10 * n_stack_0[depth_0]);
      let product_12 = seal(product_11 * share_2);
      let m_6 = seal(total_3 + product_12);
      n_5 = n_6;
      mean_6 = mean_7;
      m_5 = m_6;
    }
    let n_7 = seal(n_4 + n_5);
    let delta_3 = seal(mean_6 - mean_5);
    let maximum_3 = max_by_bits(n_7, 1.0f);
    let share_3 = fn_divide_0(n_5, maximum_3);
    let product_13 = seal(delta_3 * share_3);
    let mean_8 = seal(mean_5 + product_13);
    let total_4 = seal(m_4 + m_5);
    let product_14 = seal(delta_3 * delta_3);
    let product_15 = seal(product_14 * n_4);
    let product_16 = seal(product_15 * share_3);
    let m_7 = seal(total_4 + product_16);
    n_4 = n_7;
    mean_5 = mean_8;
    m_4 = m_7;
  }
  let total_5 = product_0 + min((channel_base_0 + channel_local_0), 100u);
  let x_0 = x_data[total_5];
  let subtract_0 = seal(x_0 - mean_5);
  let divide_0 = fn_divide_0(m_4, 101.0f);
  let total_6 = seal(divide_0 + uniforms.param_epsilon);
  let scale_0 = fn_rsqrt_0(total_6);
  let product_17 = seal(subtract_0 * scale_0);
  let flush_0 = fn_flush_0(product_17, 0x1p-70f);
  let gain_words_0 = gain_data[(min((channel_base_0 + channel_local_0), 100u) / 2u)];
  let product_18 = (min((channel_base_0 + channel_local_0), 100u) % 2u) * 16u;
  let gain_0 = bitcast<f32>((gain_words_0 >> product_18) << 16u);
  let product_19 = seal(flush_0 * gain_0);
  let bias_words_0 = bias_data[(min((channel_base_0 + channel_local_0), 100u) / 2u)];
  let bias_0 = bitcast<f32>((bias_words_0 >> product_18) << 16u);
  let total_7 = seal(product_19 + bias_0);
  if ((token_base_0 < uniforms.extent_token) && ((channel_base_0 + channel_local_0) < 101u)) {
    output_data[total_5] = canonical(total_7);
  }
}
