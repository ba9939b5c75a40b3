// softmax, split, pass 1 of 2
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_row: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<f32>;
@group(0) @binding(2) var<storage, read_write> scratch0_value_data: array<f32>;

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

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let part0_local_0 = local_index % 32u;
  let row_local_0 = local_index / 32u;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= ((uniforms.extent_row + 1u) / 2u)) {
    return;
  }
  let row_base_0 = tile_0 * 2u;
  var m_0: f32 = bitcast<f32>((0xff7fffffu ^ uniforms.zero));
  let minimum_0 = min((row_base_0 + row_local_0), (uniforms.extent_row - 1u));
  let product_0 = minimum_0 * 128u;
  for (var k_0 = 0u; k_0 < 128u; k_0 += 1u) {
    let x_0 = x_data[(product_0 + k_0)];
    m_0 = max_by_bits(m_0, x_0);
  }
  var sum_0: f32 = bitcast<f32>(uniforms.zero);
  let total_0 = product_0 + part0_local_0;
  for (var k_1 = 0u; k_1 < (((128u - min(part0_local_0, 128u)) + 31u) / 32u); k_1 += 1u) {
    let x_1 = x_data[(total_0 + (k_1 * 32u))];
    let subtract_0 = seal(x_1 - m_0);
    let exp_0 = fn_exp_0(subtract_0);
    sum_0 = sum_0 + exp_0;
  }
  let less_0 = (row_base_0 + row_local_0) < uniforms.extent_row;
  if (less_0) {
    scratch0_value_data[((minimum_0 * 32u) + part0_local_0)] = sum_0;
  }
}
