/** Random steps and lists of them. */
import fc from "fast-check";
import type { Step } from "../../codegen/schedule/step.ts";

const axisName = fc.oneof(
  fc.constantFrom("token", "channel", "constructor", "toString", "größe", "行", "bind", "interleaved", "$"),
  fc.stringMatching(/^[A-Za-z_$][A-Za-z0-9_$]{0,6}$/),
);
const count = fc.integer({ min: 1, max: 2 ** 30 });
const level = fc.nat(5);

/** Any step that can be written, whether or not there is a kernel that it applies to. */
export function arbitraryStep(): fc.Arbitrary<Step> {
  const order = fc.constantFrom("blocked" as const, "interleaved" as const);
  const of = <Name extends Step["step"]>(step: Name): fc.Arbitrary<Name> => fc.constant(step);
  return fc.oneof(
    fc.record({ step: of("bind"), axis: axisName, invocations: count }),
    fc.record({ step: of("sink"), axis: axisName, points: count, order }),
    fc.record({ step: of("walk"), axis: axisName }),
    fc.record({ step: of("reorder"), axes: fc.array(axisName, { minLength: 1, maxLength: 4 }) }),
    fc.record({ step: of("cooperate"), level, ways: count }),
    fc.record({ step: of("unroll"), leaves: count }),
    fc.record({ step: of("stage"), leaves: count }),
    fc.record({ step: of("partition"), level }),
    fc.record({ step: of("pass"), pass: level }),
    fc.record({ step: of("layout"), input: axisName, blocks: fc.array(count, { minLength: 1, maxLength: 4 }) }),
  );
}
