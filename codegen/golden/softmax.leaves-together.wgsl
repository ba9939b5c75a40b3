// softmax, leaves-together
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_row: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<f32>;
@group(0) @binding(2) var<storage, read_write> output_data: array<f32>;
var<workgroup> m_parts_0: array<f32, 128>;
var<workgroup> total_parts_0: array<f32, 128>;

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
  let c_local_0 = local_index % 4u;
  let way_0 = local_index / 4u;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= (uniforms.extent_row * 32u)) {
    return;
  }
  let c_base_0 = (tile_0 % 32u) * 4u;
  let row_base_0 = tile_0 / 32u;
  let minimum_0 = min(row_base_0, (uniforms.extent_row - 1u));
  let product_0 = minimum_0 * 128u;
  for (var k_0 = (way_0 * 4u) + c_local_0; k_0 < 128u; k_0 += 64u) {
    let x_0 = x_data[(product_0 + k_0)];
    m_parts_0[k_0] = x_0;
  }
  workgroupBarrier();
  if (((way_0 * 4u) + c_local_0) == 0u) {
    var m_0: f32 = bitcast<f32>((0xff7fffffu ^ uniforms.zero));
    for (var k_1 = 0u; k_1 < 128u; k_1 += 1u) {
      let m_1 = m_parts_0[k_1];
      m_0 = max_by_bits(m_0, m_1);
    }
    m_parts_0[0u] = m_0;
  }
  workgroupBarrier();
  let m_2 = m_parts_0[0u];
  for (var k_2 = (way_0 * 4u) + c_local_0; k_2 < 128u; k_2 += 64u) {
    let x_1 = x_data[(product_0 + k_2)];
    let subtract_0 = seal(x_1 - m_2);
    let exp_0 = fn_exp_0(subtract_0);
    total_parts_0[k_2] = exp_0;
  }
  workgroupBarrier();
  if (((way_0 * 4u) + c_local_0) == 0u) {
    var total_stack_0: array<f32, 7>;
    var depth_0: u32 = 0u;
    for (var k_3 = uniforms.zero; k_3 < 32u; k_3 += 1u) {
      var total_0: f32 = bitcast<f32>(uniforms.zero);
      for (var k_4 = 0u; k_4 < (((128u - k_3) + 31u) / 32u); k_4 += 1u) {
        let total_1 = total_parts_0[(k_3 + (k_4 * 32u))];
        total_0 = total_0 + total_1;
      }
      var total_2: f32 = total_0;
      var carry_0: u32 = k_3;
      while ((carry_0 & 1u) == 1u) {
        depth_0 = depth_0 - 1u;
        total_2 = total_stack_0[depth_0] + total_2;
        carry_0 = carry_0 >> 1u;
      }
      total_stack_0[depth_0] = total_2;
      depth_0 = depth_0 + 1u;
    }
    var total_3: f32 = bitcast<f32>(uniforms.zero);
    if (depth_0 > 0u) {
      depth_0 = depth_0 - 1u;
      var total_4: f32 = total_stack_0[depth_0];
      while (depth_0 > 0u) {
        depth_0 = depth_0 - 1u;
        total_4 = total_stack_0[depth_0] + total_4;
      }
      total_3 = total_3 + total_4;
    }
    total_parts_0[0u] = total_3;
  }
  workgroupBarrier();
  let total_5 = total_parts_0[0u];
  let x_2 = x_data[((product_0 + c_base_0) + c_local_0)];
  let subtract_1 = seal(x_2 - m_2);
  let exp_1 = fn_exp_0(subtract_1);
  let divide_0 = fn_divide_0(exp_1, total_5);
  if ((row_base_0 < uniforms.extent_row) && (way_0 == 0u)) {
    output_data[((product_0 + c_base_0) + c_local_0)] = canonical(divide_0);
  }
}
