// storeRows, alone
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
  extent_slot: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<f32>;
@group(0) @binding(2) var<storage, read> place_data: array<u32>;
@group(0) @binding(3) var<storage, read_write> output_data: array<u32>;

fn round_bf16(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & 0x7fffffffu;
  let rounded = (bits + 0x7fffu + ((bits >> 16u) & 1u)) & 0xffff0000u;
  let flushed = select(rounded, bits & 0x80000000u, magnitude < 0x23800000u);
  return bitcast<f32>(select(flushed, 0x7fc00000u, magnitude > 0x7f800000u));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let dim_local_0 = local_index % 4u;
  let kvHead_local_0 = (local_index / 4u) % 2u;
  let token_local_0 = (local_index / 4u) / 2u;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= ((uniforms.extent_token + 7u) / 8u)) {
    return;
  }
  let token_base_0 = tile_0 * 8u;
  let minimum_0 = min((token_base_0 + token_local_0), (uniforms.extent_token - 1u));
  let total_0 = ((minimum_0 * 16u) + (kvHead_local_0 * 8u)) + (dim_local_0 * 2u);
  let x_0 = x_data[(total_0 + 1u)];
  let rounded_0 = round_bf16(x_0);
  let x_1 = x_data[total_0];
  let rounded_1 = round_bf16(x_1);
  let or_0 = (bitcast<u32>(rounded_1) >> 16u) | bitcast<u32>(rounded_0);
  let less_0 = (token_base_0 + token_local_0) < uniforms.extent_token;
  let place_0 = place_data[minimum_0];
  let total_1 = ((place_0 * 8u) + (kvHead_local_0 * 4u)) + dim_local_0;
  if (less_0 && (place_0 < uniforms.extent_slot) && (kvHead_local_0 < 2u) && ((dim_local_0 * 2u) < 8u)) {
    output_data[total_1] = or_0;
  }
}
