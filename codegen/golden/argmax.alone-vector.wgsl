// argmax, alone-vector
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> logits_data: array<f32>;
@group(0) @binding(2) var<storage, read_write> output_data: array<u32>;

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
  let product_0 = minimum_0 * 133u;
  for (var i_0 = uniforms.zero; i_0 < 64u; i_0 += 1u) {
    var key_0: u32 = uniforms.zero;
    var index_0: u32 = 0xffffffffu ^ uniforms.zero;
    let total_0 = product_0 + i_0;
    for (var i_1 = 0u; i_1 < (((133u - i_0) + 63u) / 64u); i_1 += 1u) {
      let logits_0 = logits_data[(total_0 + (i_1 * 64u))];
      let select_0 = select(2147483648u, 4294967295u, ((bitcast<u32>(logits_0) >> 31u) == 1u));
      let less_0 = (i_0 + (i_1 * 64u)) < index_0;
      let equal_0 = key_0 == (bitcast<u32>(logits_0) ^ select_0);
      let less_1 = key_0 < (bitcast<u32>(logits_0) ^ select_0);
      let select_1 = select(key_0, (bitcast<u32>(logits_0) ^ select_0), (less_1 || (equal_0 && less_0)));
      let select_2 = select(index_0, (i_0 + (i_1 * 64u)), (less_1 || (equal_0 && less_0)));
      key_0 = select_1;
      index_0 = select_2;
    }
    var key_1: u32 = key_0;
    var index_1: u32 = index_0;
    var carry_0: u32 = i_0;
    while ((carry_0 & 1u) == 1u) {
      depth_0 = depth_0 - 1u;
      let bothTrue_0 = (key_stack_0[depth_0] == key_1) && (index_1 < index_stack_0[depth_0]);
      let eitherTrue_0 = (key_stack_0[depth_0] < key_1) || bothTrue_0;
      let select_3 = select(key_stack_0[depth_0], key_1, eitherTrue_0);
      let select_4 = select(index_stack_0[depth_0], index_1, eitherTrue_0);
      key_1 = select_3;
      index_1 = select_4;
      carry_0 = carry_0 >> 1u;
    }
    key_stack_0[depth_0] = key_1;
    index_stack_0[depth_0] = index_1;
    depth_0 = depth_0 + 1u;
  }
  var key_2: u32 = uniforms.zero;
  var index_2: u32 = 0xffffffffu ^ uniforms.zero;
  if (depth_0 > 0u) {
    depth_0 = depth_0 - 1u;
    var key_3: u32 = key_stack_0[depth_0];
    var index_3: u32 = index_stack_0[depth_0];
    while (depth_0 > 0u) {
      depth_0 = depth_0 - 1u;
      let bothTrue_1 = (key_stack_0[depth_0] == key_3) && (index_3 < index_stack_0[depth_0]);
      let eitherTrue_1 = (key_stack_0[depth_0] < key_3) || bothTrue_1;
      let select_5 = select(key_stack_0[depth_0], key_3, eitherTrue_1);
      let select_6 = select(index_stack_0[depth_0], index_3, eitherTrue_1);
      key_3 = select_5;
      index_3 = select_6;
    }
    let bothTrue_2 = (key_2 == key_3) && (index_3 < index_2);
    let select_7 = select(key_2, key_3, ((key_2 < key_3) || bothTrue_2));
    let select_8 = select(index_2, index_3, ((key_2 < key_3) || bothTrue_2));
    key_2 = select_7;
    index_2 = select_8;
  }
  let less_2 = (token_base_0 + token_local_0) < uniforms.extent_token;
  if (less_2) {
    output_data[minimum_0] = index_2;
  }
}
