// attention, alone
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
  extent_row: u32,
  extent_slot: u32,
  extent_block: u32,
  extent_key: u32,
  param_scale: f32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> q_data: array<f32>;
@group(0) @binding(2) var<storage, read> keys_data: array<u32>;
@group(0) @binding(3) var<storage, read> values_data: array<u32>;
@group(0) @binding(4) var<storage, read> position_data: array<u32>;
@group(0) @binding(5) var<storage, read> rowOf_data: array<u32>;
@group(0) @binding(6) var<storage, read> pages_data: array<u32>;
@group(0) @binding(7) var<storage, read_write> output_data: array<u32>;

fn order_key(x: f32) -> u32 {
  let raw = bitcast<u32>(x);
  let bits = select(raw, 0x7fc00000u, (raw & 0x7fffffffu) > 0x7f800000u);
  return bits ^ select(0x80000000u, 0xffffffffu, (bits >> 31u) == 1u);
}

fn seal(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) | uniforms.zero);
}

fn round_bf16(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & 0x7fffffffu;
  let rounded = (bits + 0x7fffu + ((bits >> 16u) & 1u)) & 0xffff0000u;
  let flushed = select(rounded, bits & 0x80000000u, magnitude < 0x23800000u);
  return bitcast<f32>(select(flushed, 0x7fc00000u, magnitude > 0x7f800000u));
}

fn truncate_i32(x: f32) -> i32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & 0x7fffffffu;
  let bound = select(0x7fffff80i, i32(-2147483647 - 1), bits >= 0x80000000u);
  return select(select(i32(x), bound, magnitude >= 0x4f000000u), 0i, magnitude > 0x7f800000u);
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

fn fn_plusZero_0(arg_x_0: f32) -> f32 {
  let t_0 = select(arg_x_0, bitcast<f32>(uniforms.zero), (bitcast<u32>(arg_x_0) == 2147483648u));
  return t_0;
}

fn fn_rescale_0(arg_value_0: f32, arg_factor_1: f32) -> f32 {
  let t_0 = select(seal(fn_flush_0(arg_value_0, 0x1p-62f) * fn_flush_0(arg_factor_1, 0x1p-40f)), arg_value_0, (arg_factor_1 == 1.0f));
  return t_0;
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
  let dim_local_0 = local_index % 4u;
  let head_local_0 = (local_index / 4u) % 4u;
  let token_local_0 = (local_index / 4u) / 4u;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= ((uniforms.extent_token + 3u) / 4u)) {
    return;
  }
  let token_base_0 = tile_0 * 4u;
  var m_0: f32 = bitcast<f32>((0xfe800000u ^ uniforms.zero));
  var l_0: f32 = bitcast<f32>(uniforms.zero);
  var acc_0: f32 = bitcast<f32>(uniforms.zero);
  var acc_1: f32 = bitcast<f32>(uniforms.zero);
  let minimum_0 = min((token_base_0 + token_local_0), (uniforms.extent_token - 1u));
  let position_0 = position_data[minimum_0];
  let minimum_1 = min((position_0 + 1u), uniforms.extent_key);
  let total_0 = (minimum_0 * 32u) + (head_local_0 * 8u);
  let rowOf_0 = rowOf_data[minimum_0];
  let less_0 = rowOf_0 < uniforms.extent_row;
  let subtract_0 = uniforms.extent_block - 1u;
  let minimum_4 = min(rowOf_0, (uniforms.extent_row - 1u));
  let product_0 = minimum_4 * uniforms.extent_block;
  let product_1 = (head_local_0 / 2u) * 4u;
  let subtract_1 = uniforms.extent_slot - 1u;
  let factor_0 = fn_flush_0(uniforms.param_scale, 0x1p-40f);
  for (var run_0 = uniforms.zero; run_0 < ((minimum_1 + 63u) / 64u); run_0 += 1u) {
    var m_1: f32 = bitcast<f32>((0xff7fffffu ^ uniforms.zero));
    let minimum_2 = min(64u, (minimum_1 - (run_0 * 64u)));
    for (var k_0 = uniforms.zero; k_0 < minimum_2; k_0 += 1u) {
      var sum_stack_0: array<f32, 4>;
      var depth_0: u32 = 0u;
      let less_1 = (((run_0 * 64u) + k_0) / 16u) < uniforms.extent_block;
      let minimum_3 = min((((run_0 * 64u) + k_0) / 16u), subtract_0);
      let pages_0 = select(0u, pages_data[(product_0 + minimum_3)], less_0 && less_1);
      let total_2 = (pages_0 * 16u) + (((run_0 * 64u) + k_0) % 16u);
      let less_2 = total_2 < uniforms.extent_slot;
      let total_3 = (min(total_2, subtract_1) * 8u) + product_1;
      for (var d_0 = uniforms.zero; d_0 < 4u; d_0 += 1u) {
        var sum_0: f32 = bitcast<f32>(uniforms.zero);
        let total_1 = total_0 + d_0;
        for (var d_1 = 0u; d_1 < (((8u - d_0) + 3u) / 4u); d_1 += 1u) {
          let q_0 = q_data[(total_1 + (d_1 * 4u))];
          let rounded_0 = round_bf16(q_0);
          let minimum_5 = min((d_0 + (d_1 * 4u)), 7u);
          let keys_words_0 = keys_data[(total_3 + (minimum_5 / 2u))];
          let keys_0 = select(bitcast<f32>(uniforms.zero), bitcast<f32>((keys_words_0 >> ((minimum_5 % 2u) * 16u)) << 16u), less_2 && ((d_0 + (d_1 * 4u)) < 8u));
          sum_0 = fma(rounded_0, keys_0, sum_0);
        }
        var sum_1: f32 = sum_0;
        var carry_0: u32 = d_0;
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
      let flush_0 = fn_flush_0(sum_2, 0x1p-60f);
      let product_2 = seal(flush_0 * factor_0);
      m_1 = max_by_bits(m_1, product_2);
    }
    var kept_of_0: array<f32, 64>;
    for (var k_1 = uniforms.zero; k_1 < minimum_2; k_1 += 1u) {
      var sum_stack_1: array<f32, 4>;
      var depth_1: u32 = 0u;
      let less_3 = (((run_0 * 64u) + k_1) / 16u) < uniforms.extent_block;
      let minimum_6 = min((((run_0 * 64u) + k_1) / 16u), subtract_0);
      let pages_1 = select(0u, pages_data[(product_0 + minimum_6)], less_0 && less_3);
      let total_5 = (pages_1 * 16u) + (((run_0 * 64u) + k_1) % 16u);
      let less_4 = total_5 < uniforms.extent_slot;
      let total_6 = (min(total_5, subtract_1) * 8u) + product_1;
      for (var d_2 = uniforms.zero; d_2 < 4u; d_2 += 1u) {
        var sum_4: f32 = bitcast<f32>(uniforms.zero);
        let total_4 = total_0 + d_2;
        for (var d_3 = 0u; d_3 < (((8u - d_2) + 3u) / 4u); d_3 += 1u) {
          let q_1 = q_data[(total_4 + (d_3 * 4u))];
          let rounded_1 = round_bf16(q_1);
          let minimum_7 = min((d_2 + (d_3 * 4u)), 7u);
          let keys_words_1 = keys_data[(total_6 + (minimum_7 / 2u))];
          let keys_1 = select(bitcast<f32>(uniforms.zero), bitcast<f32>((keys_words_1 >> ((minimum_7 % 2u) * 16u)) << 16u), less_4 && ((d_2 + (d_3 * 4u)) < 8u));
          sum_4 = fma(rounded_1, keys_1, sum_4);
        }
        var sum_5: f32 = sum_4;
        var carry_1: u32 = d_2;
        while ((carry_1 & 1u) == 1u) {
          depth_1 = depth_1 - 1u;
          sum_5 = sum_stack_1[depth_1] + sum_5;
          carry_1 = carry_1 >> 1u;
        }
        sum_stack_1[depth_1] = sum_5;
        depth_1 = depth_1 + 1u;
      }
      var sum_6: f32 = bitcast<f32>(uniforms.zero);
      if (depth_1 > 0u) {
        depth_1 = depth_1 - 1u;
        var sum_7: f32 = sum_stack_1[depth_1];
        while (depth_1 > 0u) {
          depth_1 = depth_1 - 1u;
          sum_7 = sum_stack_1[depth_1] + sum_7;
        }
        sum_6 = sum_6 + sum_7;
      }
      let flush_1 = fn_flush_0(sum_6, 0x1p-60f);
      let product_3 = seal(flush_1 * factor_0);
      let subtract_2 = seal(product_3 - m_1);
      let exp_0 = fn_exp_0(subtract_2);
      kept_of_0[k_1] = exp_0;
    }
    let start_0 = run_0 * 64u;
    var l_1: f32 = bitcast<f32>(uniforms.zero);
    for (var k_2 = 0u; k_2 < minimum_2; k_2 += 1u) {
      let subtract_3 = ((run_0 * 64u) + k_2) - start_0;
      let kept_of_1 = kept_of_0[subtract_3];
      l_1 = l_1 + kept_of_1;
    }
    var acc_2: f32 = bitcast<f32>(uniforms.zero);
    var acc_3: f32 = bitcast<f32>(uniforms.zero);
    for (var k_3 = 0u; k_3 < minimum_2; k_3 += 1u) {
      let subtract_4 = ((run_0 * 64u) + k_3) - start_0;
      let kept_of_2 = kept_of_0[subtract_4];
      let rounded_2 = round_bf16(kept_of_2);
      let less_5 = (((run_0 * 64u) + k_3) / 16u) < uniforms.extent_block;
      let minimum_8 = min((((run_0 * 64u) + k_3) / 16u), subtract_0);
      let pages_2 = select(0u, pages_data[(product_0 + minimum_8)], less_0 && less_5);
      let total_7 = (pages_2 * 16u) + (((run_0 * 64u) + k_3) % 16u);
      let total_8 = (min(total_7, subtract_1) * 8u) + product_1;
      let values_words_0 = values_data[(total_8 + dim_local_0)];
      let values_0 = select(bitcast<f32>(uniforms.zero), bitcast<f32>(values_words_0 << 16u), (total_7 < uniforms.extent_slot));
      acc_2 = fma(rounded_2, values_0, acc_2);
      let values_1 = select(bitcast<f32>(uniforms.zero), bitcast<f32>(values_words_0 & 0xffff0000u), (total_7 < uniforms.extent_slot));
      acc_3 = fma(rounded_2, values_1, acc_3);
    }
    let m_2 = max_by_bits(m_0, m_1);
    let subtract_5 = seal(m_0 - m_2);
    let before_0 = fn_exp_0(subtract_5);
    let rescale_0 = fn_rescale_0(l_0, before_0);
    let subtract_6 = seal(m_1 - m_2);
    let after_0 = fn_exp_0(subtract_6);
    let rescale_1 = fn_rescale_0(l_1, after_0);
    let total_9 = seal(rescale_0 + rescale_1);
    let l_2 = fn_plusZero_0(total_9);
    let rescale_2 = fn_rescale_0(acc_0, before_0);
    let rescale_3 = fn_rescale_0(acc_2, after_0);
    let total_10 = seal(rescale_2 + rescale_3);
    let acc_4 = fn_plusZero_0(total_10);
    let rescale_4 = fn_rescale_0(acc_1, before_0);
    let rescale_5 = fn_rescale_0(acc_3, after_0);
    let total_11 = seal(rescale_4 + rescale_5);
    let acc_5 = fn_plusZero_0(total_11);
    m_0 = m_2;
    l_0 = l_2;
    acc_0 = acc_4;
    acc_1 = acc_5;
  }
  let divide_0 = fn_divide_0(acc_1, l_0);
  let rounded_3 = round_bf16(divide_0);
  let divide_1 = fn_divide_0(acc_0, l_0);
  let rounded_4 = round_bf16(divide_1);
  let or_0 = (bitcast<u32>(rounded_4) >> 16u) | bitcast<u32>(rounded_3);
  let less_6 = (token_base_0 + token_local_0) < uniforms.extent_token;
  let total_12 = ((minimum_0 * 16u) + (head_local_0 * 4u)) + dim_local_0;
  if (less_6) {
    output_data[total_12] = or_0;
  }
}
