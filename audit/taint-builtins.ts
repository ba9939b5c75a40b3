/** What WGSL's functions make of what depends on the batch (taint.ts). */
import { type Flow, isOfBatch, isOfLength, join, still, unitOf, varying } from "./taint-kinds.ts";
import { isBound, isLiteral, isZero } from "./taint-forms.ts";
import type { Expression } from "./wgsl/ast.ts";
import type { BatchFlow } from "./taint.ts";

export function flowOfBuiltin(batch: BatchFlow, expression: Expression & { kind: "builtin" }): Flow {
  const flows = expression.arguments.map((argument) => batch.flowOf(argument));
  const all = join(flows);
  switch (expression.name) {
    case "min": {
      // `min(row, count - 1u)` is a row; `min(position + 1u, length)` is as long as it is.
      const bounds = flows.filter(({ count }) => count).length;
      if (all.strided) batch.refuse("a number of strides is bounded", expression.at.line);
      if (all.place) batch.refuse("a row's remainder is bounded", expression.at.line);
      if (all.row) {
        if (bounds === 0) batch.refuse("a row is bounded by something other than their number", expression.at.line);
        const row = flows.findIndex((flow) => flow.row && !flow.count);
        if (row === 0 || row === 1) batch.meets(expression, row, flows[row]!);
      }
      // Below a count that is one is a row; below another, `min(i * 65536u, count * 4096u)`, is whatever that is.
      const below = flows.some(({ count, exactly }) => count && exactly === "last");
      const own = flows.find((flow) => !flow.count)!;
      if (bounds === 1 && all.varying && below)
        return { ...all, count: false, row: all.row || batch.hasBatch, clamped: true, ...unitOf(own) };
      if (bounds > 0 && !all.row && all.varying)
        batch.refuse("something is bounded by what is computed from the number of rows", expression.at.line);
      // A request's own length, if it is one of data.
      if (
        isOfLength(all) &&
        all.varying &&
        flows.some((flow) => !isOfLength(flow) && flow.data) &&
        flows.every(isBound)
      ) {
        return { ...all, length: false, point: false, own: true };
      }
      // Of a sequence's tiles, no more than there are lanes.
      if (all.length && !all.varying && flows.some(({ exactly }) => exactly === "extent" || exactly === "tiles"))
        return { ...all, exactly: "tiles" };
      if (
        flows.some(({ exactly }) => exactly === "left") &&
        flows.every(({ exactly, length, point }) => exactly === "left" || !(length || point))
      )
        return { ...all, exactly: "left" };
      if (all.length && all.varying) {
        if (flows.some(({ length, exactly }) => length && (exactly === "last" || exactly === "last tile")))
          return { ...all, length: false, point: true };
        batch.refuse(
          "something is bounded by what is computed from how long a batch's longest request is",
          expression.at.line,
        );
      }
      if (all.point && !batch.mayStoreIndex)
        batch.refuse(
          "something is bounded by what was brought below the length of a batch's longest request",
          expression.at.line,
        );
      return all;
    }
    case "select": {
      // A gather's value, or zero: of a row that data names, and of memory.
      const [whenFalse, whenTrue, condition] = flows as [Flow, Flow, Flow];
      const gathers = !condition.past && isZero(expression.arguments[0]!) && whenTrue.data;
      // A length is the longest request's: within it a request's own values are all there are to choose.
      if (condition.slot || ((isOfBatch(condition) || condition.reach) && !gathers))
        batch.refuse("the batch chooses between values", expression.at.line);
      if (isOfBatch(whenFalse) || isOfBatch(whenTrue))
        batch.refuse("what depends on the batch is chosen from", expression.at.line);
      return join([
        whenFalse,
        whenTrue,
        condition.varying ? varying : still,
        condition.guard ? { ...still, padded: true } : still,
      ]);
    }
    default:
      if (expression.name === "max" && isOfLength(all) && !isOfBatch(all) && !all.padded) {
        const [length] = flows;
        return {
          ...all,
          ...(isLiteral(expression.arguments[1]!, 1) && length!.exactly !== undefined && { exactly: length!.exactly }),
        };
      }
      if (isOfBatch(all) || isOfLength(all) || (all.padded && expression.name !== "bitcast"))
        batch.refuse("what depends on the batch is computed with", expression.at.line);
      return all;
  }
}
