// argmax, split, pass 1 of 2
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> logits_data: array<f32>;
@group(0) @binding(2) var<storage, read_write> scratch0_key_data: array<u32>;
@group(0) @binding(3) var<storage, read_write> scratch0_index_data: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let part0_local_0 = local_index;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= uniforms.extent_token) {
    return;
  }
  let token_base_0 = tile_0;
  var key_0: u32 = uniforms.zero;
  var index_0: u32 = 0xffffffffu ^ uniforms.zero;
  let minimum_0 = min(token_base_0, (uniforms.extent_token - 1u));
  let total_0 = (minimum_0 * 133u) + part0_local_0;
  for (var i_0 = 0u; i_0 < (((133u - min(part0_local_0, 133u)) + 63u) / 64u); i_0 += 1u) {
    let logits_0 = logits_data[(total_0 + (i_0 * 64u))];
    let select_0 = select(2147483648u, 4294967295u, ((bitcast<u32>(logits_0) >> 31u) == 1u));
    let less_0 = (part0_local_0 + (i_0 * 64u)) < index_0;
    let equal_0 = key_0 == (bitcast<u32>(logits_0) ^ select_0);
    let less_1 = key_0 < (bitcast<u32>(logits_0) ^ select_0);
    let select_1 = select(key_0, (bitcast<u32>(logits_0) ^ select_0), (less_1 || (equal_0 && less_0)));
    let select_2 = select(index_0, (part0_local_0 + (i_0 * 64u)), (less_1 || (equal_0 && less_0)));
    key_0 = select_1;
    index_0 = select_2;
  }
  if (token_base_0 < uniforms.extent_token) {
    scratch0_key_data[((minimum_0 * 64u) + part0_local_0)] = key_0;
  }
  if (token_base_0 < uniforms.extent_token) {
    scratch0_index_data[((minimum_0 * 64u) + part0_local_0)] = index_0;
  }
}
