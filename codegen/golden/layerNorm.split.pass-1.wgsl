// layerNorm, split, pass 1 of 2
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
  param_epsilon: f32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<f32>;
@group(0) @binding(2) var<storage, read_write> scratch0_n_data: array<f32>;
@group(0) @binding(3) var<storage, read_write> scratch0_mean_data: array<f32>;
@group(0) @binding(4) var<storage, read_write> scratch0_m2_data: array<f32>;

fn order_key(x: f32) -> u32 {
  let raw = bitcast<u32>(x);
  let bits = select(raw, 0x7fc00000u, (raw & 0x7fffffffu) > 0x7f800000u);
  return bits ^ select(0x80000000u, 0xffffffffu, (bits >> 31u) == 1u);
}

fn seal(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) | uniforms.zero);
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

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let part0_local_0 = local_index % 8u;
  let token_local_0 = local_index / 8u;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= ((uniforms.extent_token + 7u) / 8u)) {
    return;
  }
  let token_base_0 = tile_0 * 8u;
  var n_0: f32 = bitcast<f32>(uniforms.zero);
  var mean_0: f32 = bitcast<f32>(uniforms.zero);
  var m_0: f32 = bitcast<f32>(uniforms.zero);
  let minimum_0 = min((token_base_0 + token_local_0), (uniforms.extent_token - 1u));
  let total_0 = (minimum_0 * 101u) + part0_local_0;
  for (var c_0 = 0u; c_0 < (((101u - min(part0_local_0, 101u)) + 7u) / 8u); c_0 += 1u) {
    let n_1 = seal(n_0 + 1.0f);
    let mean_1 = x_data[(total_0 + (c_0 * 8u))];
    let delta_0 = seal(mean_1 - mean_0);
    let maximum_0 = max_by_bits(n_1, 1.0f);
    let share_0 = fn_divide_0(1.0f, maximum_0);
    let product_0 = seal(delta_0 * share_0);
    let mean_2 = seal(mean_0 + product_0);
    let total_1 = seal(m_0 + bitcast<f32>(uniforms.zero));
    let product_1 = seal(delta_0 * delta_0);
    let product_2 = seal(product_1 * n_0);
    let product_3 = seal(product_2 * share_0);
    let m_1 = seal(total_1 + product_3);
    n_0 = n_1;
    mean_0 = mean_2;
    m_0 = m_1;
  }
  let less_0 = (token_base_0 + token_local_0) < uniforms.extent_token;
  if (less_0) {
    scratch0_n_data[((minimum_0 * 8u) + part0_local_0)] = n_0;
  }
  if (less_0) {
    scratch0_mean_data[((minimum_0 * 8u) + part0_local_0)] = mean_0;
  }
  if (less_0) {
    scratch0_m2_data[((minimum_0 * 8u) + part0_local_0)] = m_0;
  }
}
