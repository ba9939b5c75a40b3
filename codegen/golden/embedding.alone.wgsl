// embedding, alone
struct Uniforms {
  ones: u32,
  zero: u32,
  extent_token: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> table_data: array<u32>;
@group(0) @binding(2) var<storage, read> id_data: array<u32>;
@group(0) @binding(3) var<storage, read_write> output_data: array<f32>;

fn canonical(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return bitcast<f32>(select(bits, 0x7fc00000u, (bits & 0x7fffffffu) > 0x7f800000u));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
  let channel_local_0 = local_index;
  let tile_0 = workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z);
  if (tile_0 >= (uniforms.extent_token * 2u)) {
    return;
  }
  let channel_base_0 = (tile_0 % 2u) * 64u;
  let token_base_0 = tile_0 / 2u;
  let minimum_0 = min(token_base_0, (uniforms.extent_token - 1u));
  let id_0 = id_data[minimum_0];
  let total_0 = (min(id_0, 16u) * 64u) + (min((channel_base_0 + channel_local_0), 127u) / 2u);
  let table_words_0 = table_data[total_0];
  let product_0 = (min((channel_base_0 + channel_local_0), 127u) % 2u) * 16u;
  let table_0 = select(bitcast<f32>(uniforms.zero), bitcast<f32>((table_words_0 >> product_0) << 16u), (id_0 < 17u) && ((channel_base_0 + channel_local_0) < 128u));
  let total_1 = ((minimum_0 * 128u) + channel_base_0) + channel_local_0;
  if (token_base_0 < uniforms.extent_token) {
    output_data[total_1] = canonical(table_0);
  }
}
