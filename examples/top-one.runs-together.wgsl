// topOne, runs-together
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_row: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<f32>;
@group(0) @binding(2) var<storage, read_write> value_data: array<f32>;
@group(0) @binding(3) var<storage, read_write> place_data: array<u32>;
var<workgroup> value_parts_0: array<f32, 256>;
var<workgroup> place_parts_0: array<u32, 256>;
var<workgroup> place_parts_1: array<u32, 256>;

fn order_key(x: f32) -> u32 {
  let raw = bitcast<u32>(x);
  let bits = select(raw, 0x7fc00000u, (raw & 0x7fffffffu) > 0x7f800000u);
  return bits ^ select(0x80000000u, 0xffffffffu, (bits >> 31u) == 1u);
}

fn canonical(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return bitcast<f32>(select(bits, 0x7fc00000u, (bits & 0x7fffffffu) > 0x7f800000u));
}

fn max_by_bits(a: f32, b: f32) -> f32 {
  return bitcast<f32>(select(bitcast<u32>(a), bitcast<u32>(b), order_key(a) < order_key(b)));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let row_local_0 = local_index % 8u;
  let way_0 = local_index / 8u;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= ((uniforms.extent_row + 7u) / 8u)) {
    return;
  }
  let row_base_0 = tile_0 * 8u;
  let minimum_0 = min((row_base_0 + row_local_0), (uniforms.extent_row - 1u));
  let product_0 = minimum_0 * 1000u;
  for (var c_0 = way_0; c_0 < 32u; c_0 += 8u) {
    var value_0: f32 = bitcast<f32>((0xff7fffffu ^ uniforms.zero));
    var place_0: u32 = uniforms.zero;
    var place_1: u32 = 0xffffffffu ^ uniforms.zero;
    let total_0 = product_0 + c_0;
    for (var c_1 = 0u; c_1 < (((1000u - c_0) + 31u) / 32u); c_1 += 1u) {
      let x_0 = x_data[(total_0 + (c_1 * 32u))];
      let maximum_0 = max_by_bits(value_0, x_0);
      let select_0 = select(2147483648u, 4294967295u, ((bitcast<u32>(x_0) >> 31u) == 1u));
      let less_0 = (c_0 + (c_1 * 32u)) < place_1;
      let equal_0 = place_0 == (bitcast<u32>(x_0) ^ select_0);
      let less_1 = place_0 < (bitcast<u32>(x_0) ^ select_0);
      let select_1 = select(place_0, (bitcast<u32>(x_0) ^ select_0), (less_1 || (equal_0 && less_0)));
      let select_2 = select(place_1, (c_0 + (c_1 * 32u)), (less_1 || (equal_0 && less_0)));
      value_0 = maximum_0;
      place_0 = select_1;
      place_1 = select_2;
    }
    value_parts_0[((c_0 * 8u) + row_local_0)] = value_0;
    place_parts_0[((c_0 * 8u) + row_local_0)] = place_0;
    place_parts_1[((c_0 * 8u) + row_local_0)] = place_1;
  }
  workgroupBarrier();
  if (way_0 == 0u) {
    var value_stack_0: array<f32, 7>;
    var place_stack_0: array<u32, 7>;
    var place_stack_1: array<u32, 7>;
    var depth_0: u32 = 0u;
    for (var c_2 = uniforms.zero; c_2 < 32u; c_2 += 1u) {
      let value_1 = value_parts_0[((c_2 * 8u) + row_local_0)];
      let place_2 = place_parts_0[((c_2 * 8u) + row_local_0)];
      let place_3 = place_parts_1[((c_2 * 8u) + row_local_0)];
      var value_2: f32 = value_1;
      var place_4: u32 = place_2;
      var place_5: u32 = place_3;
      var carry_0: u32 = c_2;
      while ((carry_0 & 1u) == 1u) {
        depth_0 = depth_0 - 1u;
        let maximum_1 = max_by_bits(value_stack_0[depth_0], value_2);
        let bothTrue_0 = (place_stack_0[depth_0] == place_4) && (place_5 < place_stack_1[depth_0]);
        let eitherTrue_0 = (place_stack_0[depth_0] < place_4) || bothTrue_0;
        let select_3 = select(place_stack_0[depth_0], place_4, eitherTrue_0);
        let select_4 = select(place_stack_1[depth_0], place_5, eitherTrue_0);
        value_2 = maximum_1;
        place_4 = select_3;
        place_5 = select_4;
        carry_0 = carry_0 >> 1u;
      }
      value_stack_0[depth_0] = value_2;
      place_stack_0[depth_0] = place_4;
      place_stack_1[depth_0] = place_5;
      depth_0 = depth_0 + 1u;
    }
    var value_3: f32 = bitcast<f32>((0xff7fffffu ^ uniforms.zero));
    var place_6: u32 = uniforms.zero;
    var place_7: u32 = 0xffffffffu ^ uniforms.zero;
    if (depth_0 > 0u) {
      depth_0 = depth_0 - 1u;
      var value_4: f32 = value_stack_0[depth_0];
      var place_8: u32 = place_stack_0[depth_0];
      var place_9: u32 = place_stack_1[depth_0];
      while (depth_0 > 0u) {
        depth_0 = depth_0 - 1u;
        let maximum_2 = max_by_bits(value_stack_0[depth_0], value_4);
        let bothTrue_1 = (place_stack_0[depth_0] == place_8) && (place_9 < place_stack_1[depth_0]);
        let eitherTrue_1 = (place_stack_0[depth_0] < place_8) || bothTrue_1;
        let select_5 = select(place_stack_0[depth_0], place_8, eitherTrue_1);
        let select_6 = select(place_stack_1[depth_0], place_9, eitherTrue_1);
        value_4 = maximum_2;
        place_8 = select_5;
        place_9 = select_6;
      }
      let maximum_3 = max_by_bits(value_3, value_4);
      let bothTrue_2 = (place_6 == place_8) && (place_9 < place_7);
      let select_7 = select(place_6, place_8, ((place_6 < place_8) || bothTrue_2));
      let select_8 = select(place_7, place_9, ((place_6 < place_8) || bothTrue_2));
      value_3 = maximum_3;
      place_6 = select_7;
      place_7 = select_8;
    }
    value_parts_0[row_local_0] = value_3;
    place_parts_0[row_local_0] = place_6;
    place_parts_1[row_local_0] = place_7;
  }
  workgroupBarrier();
  let value_5 = value_parts_0[row_local_0];
  let place_10 = place_parts_0[row_local_0];
  let place_11 = place_parts_1[row_local_0];
  let less_2 = (row_base_0 + row_local_0) < uniforms.extent_row;
  if (less_2 && (way_0 == 0u)) {
    value_data[minimum_0] = canonical(value_5);
  }
  if (less_2 && (way_0 == 0u)) {
    place_data[minimum_0] = place_11;
  }
}
