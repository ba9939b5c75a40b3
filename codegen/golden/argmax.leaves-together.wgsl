// argmax, leaves-together
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> logits_data: array<f32>;
@group(0) @binding(2) var<storage, read_write> output_data: array<u32>;
var<workgroup> key_parts_0: array<u32, 532>;
var<workgroup> index_parts_0: array<u32, 532>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let token_local_0 = local_index % 4u;
  let way_0 = local_index / 4u;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= ((uniforms.extent_token + 3u) / 4u)) {
    return;
  }
  let token_base_0 = tile_0 * 4u;
  let minimum_0 = min((token_base_0 + token_local_0), (uniforms.extent_token - 1u));
  let product_0 = minimum_0 * 133u;
  for (var i_0 = way_0; i_0 < 133u; i_0 += 16u) {
    let logits_0 = logits_data[(product_0 + i_0)];
    let select_0 = select(2147483648u, 4294967295u, ((bitcast<u32>(logits_0) >> 31u) == 1u));
    key_parts_0[((i_0 * 4u) + token_local_0)] = bitcast<u32>(logits_0) ^ select_0;
    index_parts_0[((i_0 * 4u) + token_local_0)] = i_0;
  }
  workgroupBarrier();
  if (way_0 == 0u) {
    var key_stack_0: array<u32, 8>;
    var index_stack_0: array<u32, 8>;
    var depth_0: u32 = 0u;
    for (var i_1 = uniforms.zero; i_1 < 64u; i_1 += 1u) {
      var key_0: u32 = uniforms.zero;
      var index_0: u32 = 0xffffffffu ^ uniforms.zero;
      let product_1 = i_1 * 4u;
      for (var i_2 = 0u; i_2 < (((133u - i_1) + 63u) / 64u); i_2 += 1u) {
        let total_0 = (product_1 + (i_2 * 256u)) + token_local_0;
        let key_1 = key_parts_0[total_0];
        let index_1 = index_parts_0[total_0];
        let bothTrue_0 = (key_0 == key_1) && (index_1 < index_0);
        let select_1 = select(key_0, key_1, ((key_0 < key_1) || bothTrue_0));
        let select_2 = select(index_0, index_1, ((key_0 < key_1) || bothTrue_0));
        key_0 = select_1;
        index_0 = select_2;
      }
      var key_2: u32 = key_0;
      var index_2: u32 = index_0;
      var carry_0: u32 = i_1;
      while ((carry_0 & 1u) == 1u) {
        depth_0 = depth_0 - 1u;
        let bothTrue_1 = (key_stack_0[depth_0] == key_2) && (index_2 < index_stack_0[depth_0]);
        let eitherTrue_0 = (key_stack_0[depth_0] < key_2) || bothTrue_1;
        let select_3 = select(key_stack_0[depth_0], key_2, eitherTrue_0);
        let select_4 = select(index_stack_0[depth_0], index_2, eitherTrue_0);
        key_2 = select_3;
        index_2 = select_4;
        carry_0 = carry_0 >> 1u;
      }
      key_stack_0[depth_0] = key_2;
      index_stack_0[depth_0] = index_2;
      depth_0 = depth_0 + 1u;
    }
    var key_3: u32 = uniforms.zero;
    var index_3: u32 = 0xffffffffu ^ uniforms.zero;
    if (depth_0 > 0u) {
      depth_0 = depth_0 - 1u;
      var key_4: u32 = key_stack_0[depth_0];
      var index_4: u32 = index_stack_0[depth_0];
      while (depth_0 > 0u) {
        depth_0 = depth_0 - 1u;
        let bothTrue_2 = (key_stack_0[depth_0] == key_4) && (index_4 < index_stack_0[depth_0]);
        let eitherTrue_1 = (key_stack_0[depth_0] < key_4) || bothTrue_2;
        let select_5 = select(key_stack_0[depth_0], key_4, eitherTrue_1);
        let select_6 = select(index_stack_0[depth_0], index_4, eitherTrue_1);
        key_4 = select_5;
        index_4 = select_6;
      }
      let bothTrue_3 = (key_3 == key_4) && (index_4 < index_3);
      let select_7 = select(key_3, key_4, ((key_3 < key_4) || bothTrue_3));
      let select_8 = select(index_3, index_4, ((key_3 < key_4) || bothTrue_3));
      key_3 = select_7;
      index_3 = select_8;
    }
    key_parts_0[token_local_0] = key_3;
    index_parts_0[token_local_0] = index_3;
  }
  workgroupBarrier();
  let key_5 = key_parts_0[token_local_0];
  let index_5 = index_parts_0[token_local_0];
  let less_0 = (token_base_0 + token_local_0) < uniforms.extent_token;
  if (less_0 && (way_0 == 0u)) {
    output_data[minimum_0] = index_5;
  }
}
