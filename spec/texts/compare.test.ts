import { describe, expect, test } from "vitest";
import { kindOf } from "./compare.ts";

const text = (total: string, index: string, member: string, body = ""): string => `// a kernel
struct Uniforms {
  zero: u32,
  ${member}: u32,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x_data: array<f32>;
fn twice(x: f32) -> f32 {
  let y = x + x;
  return y;
}
fn main(@builtin(local_invocation_index) local: u32) {
  var ${total}: f32 = 0.0f;
  for (var ${index} = 0u; ${index} < uniforms.${member}; ${index} += 1u) {
    ${total} = ${total} + twice(x_data[${index}]);
  }
  for (var k = 0u; k < 4u; k += 1u) {
    ${total} = ${total} + x_data[k];
  }${body}
}

/* { "uniforms": [{ "name": "zero" }, { "name": "${member}" }] } */
`;

describe("two texts", () => {
  test("are equal where every character is", () => {
    expect(kindOf(text("sum", "i", "extent_k"), text("sum", "i", "extent_k"))).toBe("equal");
  });

  test("differ in names only where each declaration has another name wherever it is used", () => {
    expect(kindOf(text("sum", "i", "extent_k"), text("total", "at", "count"))).toBe("names only");
  });

  test("differ in names only where another scope uses the same name", () => {
    expect(kindOf(text("sum", "i", "extent_k"), text("sum", "k", "extent_k"))).toBe("names only");
    expect(kindOf(text("sum", "i", "extent_k"), text("y", "x", "extent_k"))).toBe("names only");
  });

  test("differ in layout where white space, a comment or a name does", () => {
    const old = text("sum", "i", "extent_k");
    expect(kindOf(old, old.replaceAll("  ", "\t"))).toBe("layout and names only");
    expect(kindOf(old, text("total", "i", "extent_k").replace("// a", "// a second\n// a"))).toBe(
      "layout and names only",
    );
  });

  test.each([
    ["an operator", "= 0.0f", "= -0.0f"],
    ["a type", "var sum: f32", "var sum: i32"],
    ["a use of another variable", "x_data[k]", "x_data[local]"],
    ["a builtin", "local_invocation_index", "global_invocation_id"],
    ["one use of a member", "< uniforms.extent_k", "< uniforms.zero"],
    ["a name outside the WGSL", '"name": "zero"', '"name": "one"'],
    ["a name that is only used", "twice(x_data[i])", "thrice(x_data[i])"],
    ["a brace", "  }\n", "  }}\n"],
  ])("differ otherwise in %s", (_, from, to) => {
    const old = text("sum", "i", "extent_k");
    expect(old).toContain(from);
    expect(kindOf(old, old.replace(from, to))).toBe("other");
  });

  test("differ otherwise where two variables become one", () => {
    const body = "\n  let a = local;\n  let b = a;\n  let c = a + b;";
    expect(kindOf(text("sum", "i", "n", body), text("sum", "i", "n", body.replace("a + b", "a + a")))).toBe("other");
    expect(kindOf(text("sum", "i", "n", body), text("sum", "i", "n", body.replaceAll("b", "d")))).toBe("names only");
    expect(kindOf(text("sum", "i", "n", body), text("sum", "i", "n", body.replaceAll("b", "a")))).toBe("other");
  });
});
