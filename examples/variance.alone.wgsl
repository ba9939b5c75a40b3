// variance, alone
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_row: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<f32>;
@group(0) @binding(2) var<storage, read_write> mean_data: array<f32>;
@group(0) @binding(3) var<storage, read_write> variance_data: array<f32>;

fn seal(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) | uniforms.zero);
}

fn f32_of_u32(x: u32) -> f32 {
  return bitcast<f32>(bitcast<u32>(f32(x >> 16u) * 0x1p16f + f32(x & 0xffffu)) | uniforms.zero);
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
  let row_local_0 = local_index;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= ((uniforms.extent_row + 63u) / 64u)) {
    return;
  }
  let row_base_0 = tile_0 * 64u;
  var n_stack_0: array<u32, 6>;
  var mean_stack_0: array<f32, 6>;
  var m2_stack_0: array<f32, 6>;
  var depth_0: u32 = 0u;
  let minimum_0 = min((row_base_0 + row_local_0), (uniforms.extent_row - 1u));
  let product_0 = minimum_0 * 1000u;
  for (var c_0 = uniforms.zero; c_0 < 16u; c_0 += 1u) {
    var n_0: u32 = uniforms.zero;
    var mean_0: f32 = bitcast<f32>(uniforms.zero);
    var m_0: f32 = bitcast<f32>(uniforms.zero);
    let total_0 = product_0 + c_0;
    for (var c_1 = 0u; c_1 < (((1000u - c_0) + 15u) / 16u); c_1 += 1u) {
      let n_1 = n_0 + 1u;
      let mean_1 = x_data[(total_0 + (c_1 * 16u))];
      let delta_0 = seal(mean_1 - mean_0);
      let toF_0 = f32_of_u32(max((n_0 + 1u), 1u));
      let share_0 = fn_divide_0(1.0f, toF_0);
      let product_1 = seal(delta_0 * share_0);
      let mean_2 = seal(mean_0 + product_1);
      let total_1 = seal(m_0 + bitcast<f32>(uniforms.zero));
      let product_2 = seal(delta_0 * delta_0);
      let toF_1 = f32_of_u32(n_0);
      let product_3 = seal(product_2 * toF_1);
      let product_4 = seal(product_3 * share_0);
      let m_1 = seal(total_1 + product_4);
      n_0 = n_1;
      mean_0 = mean_2;
      m_0 = m_1;
    }
    var n_2: u32 = n_0;
    var mean_3: f32 = mean_0;
    var m_2: f32 = m_0;
    var carry_0: u32 = c_0;
    while ((carry_0 & 1u) == 1u) {
      depth_0 = depth_0 - 1u;
      let n_3 = n_stack_0[depth_0] + n_2;
      let delta_1 = seal(mean_3 - mean_stack_0[depth_0]);
      let toF_2 = f32_of_u32(n_2);
      let maximum_0 = max((n_stack_0[depth_0] + n_2), 1u);
      let toF_3 = f32_of_u32(maximum_0);
      let share_1 = fn_divide_0(toF_2, toF_3);
      let product_5 = seal(delta_1 * share_1);
      let mean_4 = seal(mean_stack_0[depth_0] + product_5);
      let total_2 = seal(m2_stack_0[depth_0] + m_2);
      let product_6 = seal(delta_1 * delta_1);
      let toF_4 = f32_of_u32(n_stack_0[depth_0]);
      let product_7 = seal(product_6 * toF_4);
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
  var n_4: u32 = uniforms.zero;
  var mean_5: f32 = bitcast<f32>(uniforms.zero);
  var m_4: f32 = bitcast<f32>(uniforms.zero);
  if (depth_0 > 0u) {
    depth_0 = depth_0 - 1u;
    var n_5: u32 = n_stack_0[depth_0];
    var mean_6: f32 = mean_stack_0[depth_0];
    var m_5: f32 = m2_stack_0[depth_0];
    while (depth_0 > 0u) {
      depth_0 = depth_0 - 1u;
      let n_6 = n_stack_0[depth_0] + n_5;
      let delta_2 = seal(mean_6 - mean_stack_0[depth_0]);
      let toF_5 = f32_of_u32(n_5);
      let maximum_1 = max((n_stack_0[depth_0] + n_5), 1u);
      let toF_6 = f32_of_u32(maximum_1);
      let share_2 = fn_divide_0(toF_5, toF_6);
      let product_9 = seal(delta_2 * share_2);
      let mean_7 = seal(mean_stack_0[depth_0] + product_9);
      let total_3 = seal(m2_stack_0[depth_0] + m_5);
      let product_10 = seal(delta_2 * delta_2);
      let toF_7 = f32_of_u32(n_stack_0[depth_0]);
      let product_11 = seal(product_10 * toF_7);
      let product_12 = seal(product_11 * share_2);
      let m_6 = seal(total_3 + product_12);
      n_5 = n_6;
      mean_6 = mean_7;
      m_5 = m_6;
    }
    let n_7 = n_4 + n_5;
    let delta_3 = seal(mean_6 - mean_5);
    let toF_8 = f32_of_u32(n_5);
    let toF_9 = f32_of_u32(max((n_4 + n_5), 1u));
    let share_3 = fn_divide_0(toF_8, toF_9);
    let product_13 = seal(delta_3 * share_3);
    let mean_8 = seal(mean_5 + product_13);
    let total_4 = seal(m_4 + m_5);
    let product_14 = seal(delta_3 * delta_3);
    let toF_10 = f32_of_u32(n_4);
    let product_15 = seal(product_14 * toF_10);
    let product_16 = seal(product_15 * share_3);
    let m_7 = seal(total_4 + product_16);
    n_4 = n_7;
    mean_5 = mean_8;
    m_4 = m_7;
  }
  let less_0 = (row_base_0 + row_local_0) < uniforms.extent_row;
  if (less_0) {
    mean_data[minimum_0] = canonical(mean_5);
  }
  let toF_11 = f32_of_u32(n_4);
  let variance_0 = fn_divide_0(m_4, toF_11);
  if (less_0) {
    variance_data[minimum_0] = canonical(variance_0);
  }
}
