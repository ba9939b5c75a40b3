// softmax, alone
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> logits_data: array<f32>;
@group(0) @binding(2) var<storage, read_write> output_data: array<f32>;

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

fn min_by_bits(a: f32, b: f32) -> f32 {
  return bitcast<f32>(select(bitcast<u32>(a), bitcast<u32>(b), order_key(b) < order_key(a)));
}

fn fn_flush_0(arg_x_0: f32, arg_least_1: f32) -> f32 {
  let t_0 = select(arg_x_0, bitcast<f32>(uniforms.zero), ((bitcast<u32>(arg_x_0) & 2147483647u) < bitcast<u32>(arg_least_1)));
  return t_0;
}

fn fn_isNaN_0(arg_x_0: f32) -> bool {
  return 2139095040u < (bitcast<u32>(arg_x_0) & 2147483647u);
}

fn fn_exp_0(arg_x_0: f32) -> f32 {
  let t_0 = fn_flush_0(max_by_bits(min_by_bits(arg_x_0, 89.0f), -88.0f), 0x1p-30f);
  let t_1 = floor(seal(seal(t_0 * 0x1.715476p0f) + 0x1p-1f));
  let t_2 = seal(seal(t_0 - seal(t_1 * 0x1.62e4p-1f)) - seal(t_1 * 0x1.7f7d1cp-20f));
  let t_3 = seal(t_2 * seal(0x1.555916p-5f + seal(t_2 * seal(0x1.123fc6p-7f + seal(t_2 * 0x1.6a1a72p-10f)))));
  let t_4 = seal(seal(t_2 * t_2) * seal(0x1.fffffcp-2f + seal(t_2 * seal(0x1.55548ap-3f + t_3))));
  let t_5 = bitcast<u32>(seal(1.0f + seal(t_2 + t_4))) + (u32(truncate_i32(t_1)) << 23u);
  let t_6 = select(select(select(t_5, 2139095040u, (0x1.62e42ep6f < t_0)), 0u, (t_0 < -0x1.5d589ep6f)), 2143289344u, fn_isNaN_0(arg_x_0));
  return bitcast<f32>(t_6);
}

fn fn_isInfinite_0(arg_x_0: f32) -> bool {
  return (bitcast<u32>(arg_x_0) & 2147483647u) == 2139095040u;
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
  let id_local_0 = local_index;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= (uniforms.extent_token * 16u)) {
    return;
  }
  let id_base_0 = (tile_0 % 16u) * 64u;
  let token_base_0 = tile_0 / 16u;
  var largest_stack_0: array<f32, 8>;
  var depth_0: u32 = 0u;
  let minimum_0 = min(token_base_0, (uniforms.extent_token - 1u));
  let product_0 = minimum_0 * 1000u;
  for (var i_0 = uniforms.zero; i_0 < 64u; i_0 += 1u) {
    var largest_0: f32 = bitcast<f32>((0xff7fffffu ^ uniforms.zero));
    let total_0 = product_0 + i_0;
    for (var i_1 = 0u; i_1 < (((1000u - i_0) + 63u) / 64u); i_1 += 1u) {
      let logits_0 = logits_data[(total_0 + (i_1 * 64u))];
      largest_0 = max_by_bits(largest_0, logits_0);
    }
    var largest_1: f32 = largest_0;
    var carry_0: u32 = i_0;
    while ((carry_0 & 1u) == 1u) {
      depth_0 = depth_0 - 1u;
      largest_1 = max_by_bits(largest_stack_0[depth_0], largest_1);
      carry_0 = carry_0 >> 1u;
    }
    largest_stack_0[depth_0] = largest_1;
    depth_0 = depth_0 + 1u;
  }
  var largest_2: f32 = bitcast<f32>((0xff7fffffu ^ uniforms.zero));
  if (depth_0 > 0u) {
    depth_0 = depth_0 - 1u;
    var largest_3: f32 = largest_stack_0[depth_0];
    while (depth_0 > 0u) {
      depth_0 = depth_0 - 1u;
      largest_3 = max_by_bits(largest_stack_0[depth_0], largest_3);
    }
    largest_2 = max_by_bits(largest_2, largest_3);
  }
  var sum_stack_0: array<f32, 8>;
  var depth_1: u32 = 0u;
  for (var i_2 = uniforms.zero; i_2 < 64u; i_2 += 1u) {
    var sum_0: f32 = bitcast<f32>(uniforms.zero);
    let total_1 = product_0 + i_2;
    for (var i_3 = 0u; i_3 < (((1000u - i_2) + 63u) / 64u); i_3 += 1u) {
      let logits_1 = logits_data[(total_1 + (i_3 * 64u))];
      let subtract_0 = seal(logits_1 - largest_2);
      let exp_0 = fn_exp_0(subtract_0);
      sum_0 = sum_0 + exp_0;
    }
    var sum_1: f32 = sum_0;
    var carry_1: u32 = i_2;
    while ((carry_1 & 1u) == 1u) {
      depth_1 = depth_1 - 1u;
      sum_1 = sum_stack_0[depth_1] + sum_1;
      carry_1 = carry_1 >> 1u;
    }
    sum_stack_0[depth_1] = sum_1;
    depth_1 = depth_1 + 1u;
  }
  var sum_2: f32 = bitcast<f32>(uniforms.zero);
  if (depth_1 > 0u) {
    depth_1 = depth_1 - 1u;
    var sum_3: f32 = sum_stack_0[depth_1];
    while (depth_1 > 0u) {
      depth_1 = depth_1 - 1u;
      sum_3 = sum_stack_0[depth_1] + sum_3;
    }
    sum_2 = sum_2 + sum_3;
  }
  let total_2 = product_0 + min((id_base_0 + id_local_0), 999u);
  let logits_2 = logits_data[total_2];
  let subtract_1 = seal(logits_2 - largest_2);
  let exp_1 = fn_exp_0(subtract_1);
  let divide_0 = fn_divide_0(exp_1, sum_2);
  if ((token_base_0 < uniforms.extent_token) && ((id_base_0 + id_local_0) < 1000u)) {
    output_data[total_2] = canonical(divide_0);
  }
}
