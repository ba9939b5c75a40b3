// argmax, split, pass 2 of 2
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> scratch0_key_data: array<u32>;
@group(0) @binding(2) var<storage, read> scratch0_index_data: array<u32>;
@group(0) @binding(3) var<storage, read_write> output_data: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let token_local_0 = local_index;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= ((uniforms.extent_token + 63u) / 64u)) {
    return;
  }
  let token_base_0 = tile_0 * 64u;
  var key_stack_0: array<u32, 8>;
  var index_stack_0: array<u32, 8>;
  var depth_0: u32 = 0u;
  let minimum_0 = min((token_base_0 + token_local_0), (uniforms.extent_token - 1u));
  let product_0 = minimum_0 * 64u;
  for (var part_0 = uniforms.zero; part_0 < 64u; part_0 += 1u) {
    let scratch0_key_0 = scratch0_key_data[(product_0 + part_0)];
    let scratch0_index_0 = scratch0_index_data[(product_0 + part_0)];
    var key_0: u32 = scratch0_key_0;
    var index_0: u32 = scratch0_index_0;
    var carry_0: u32 = part_0;
    while ((carry_0 & 1u) == 1u) {
      depth_0 = depth_0 - 1u;
      let bothTrue_0 = (key_stack_0[depth_0] == key_0) && (index_0 < index_stack_0[depth_0]);
      let eitherTrue_0 = (key_stack_0[depth_0] < key_0) || bothTrue_0;
      let select_0 = select(key_stack_0[depth_0], key_0, eitherTrue_0);
      let select_1 = select(index_stack_0[depth_0], index_0, eitherTrue_0);
      key_0 = select_0;
      index_0 = select_1;
      carry_0 = carry_0 >> 1u;
    }
    key_stack_0[depth_0] = key_0;
    index_stack_0[depth_0] = index_0;
    depth_0 = depth_0 + 1u;
  }
  var key_1: u32 = uniforms.zero;
  var index_1: u32 = 0xffffffffu ^ uniforms.zero;
  if (depth_0 > 0u) {
    depth_0 = depth_0 - 1u;
    var key_2: u32 = key_stack_0[depth_0];
    var index_2: u32 = index_stack_0[depth_0];
    while (depth_0 > 0u) {
      depth_0 = depth_0 - 1u;
      let bothTrue_1 = (key_stack_0[depth_0] == key_2) && (index_2 < index_stack_0[depth_0]);
      let eitherTrue_1 = (key_stack_0[depth_0] < key_2) || bothTrue_1;
      let select_2 = select(key_stack_0[depth_0], key_2, eitherTrue_1);
      let select_3 = select(index_stack_0[depth_0], index_2, eitherTrue_1);
      key_2 = select_2;
      index_2 = select_3;
    }
    let bothTrue_2 = (key_1 == key_2) && (index_2 < index_1);
    let select_4 = select(key_1, key_2, ((key_1 < key_2) || bothTrue_2));
    let select_5 = select(index_1, index_2, ((key_1 < key_2) || bothTrue_2));
    key_1 = select_4;
    index_1 = select_5;
  }
  let less_0 = (token_base_0 + token_local_0) < uniforms.extent_token;
  if (less_0) {
    output_data[minimum_0] = index_1;
  }
}
