// minmax, alone-vector
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_t: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<i32>;
@group(0) @binding(2) var<storage, read_write> hi_data: array<i32>;
@group(0) @binding(3) var<storage, read_write> scaled_data: array<f32>;

fn absolute_i32(x: i32) -> i32 {
  let sign = x >> 31u;
  return bitcast<i32>(bitcast<u32>((x ^ sign) - sign) & uniforms.ones);
}

fn canonical(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return bitcast<f32>(select(bits, 0x7fc00000u, (bits & 0x7fffffffu) > 0x7f800000u));
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
  let t_local_0 = local_index;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= (((uniforms.extent_t + 63u) / 64u) * 133u)) {
    return;
  }
  let c_base_0 = tile_0 % 133u;
  let t_base_0 = (tile_0 / 133u) * 64u;
  var hi_0: i32 = bitcast<i32>((0x80000000u ^ uniforms.zero));
  let minimum_0 = min((t_base_0 + t_local_0), (uniforms.extent_t - 1u));
  let product_0 = minimum_0 * 133u;
  for (var k_0 = 0u; k_0 < 128u; k_0 += 8u) {
    let x_0 = x_data[(product_0 + k_0)];
    hi_0 = max(hi_0, absolute_i32(x_0));
    let x_1 = x_data[((product_0 + k_0) + 1u)];
    hi_0 = max(hi_0, absolute_i32(x_1));
    let x_2 = x_data[((product_0 + k_0) + 2u)];
    hi_0 = max(hi_0, absolute_i32(x_2));
    let x_3 = x_data[((product_0 + k_0) + 3u)];
    hi_0 = max(hi_0, absolute_i32(x_3));
    let x_4 = x_data[((product_0 + k_0) + 4u)];
    hi_0 = max(hi_0, absolute_i32(x_4));
    let x_5 = x_data[((product_0 + k_0) + 5u)];
    hi_0 = max(hi_0, absolute_i32(x_5));
    let x_6 = x_data[((product_0 + k_0) + 6u)];
    hi_0 = max(hi_0, absolute_i32(x_6));
    let x_7 = x_data[((product_0 + k_0) + 7u)];
    hi_0 = max(hi_0, absolute_i32(x_7));
  }
  for (var k_1 = 128u; k_1 < 133u; k_1 += 1u) {
    let x_8 = x_data[(product_0 + k_1)];
    hi_0 = max(hi_0, absolute_i32(x_8));
  }
  let less_0 = (t_base_0 + t_local_0) < uniforms.extent_t;
  if ((c_base_0 == 0u) && less_0) {
    hi_data[minimum_0] = hi_0;
  }
  let x_9 = x_data[(product_0 + c_base_0)];
  let toF_0 = f32(x_9);
  let toF_1 = f32(max(hi_0, 1i));
  let scaled_0 = fn_divide_0(toF_0, toF_1);
  if (less_0) {
    scaled_data[(product_0 + c_base_0)] = canonical(scaled_0);
  }
}
