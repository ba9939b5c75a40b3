/** `sum`, `max` and `argmax`, in the same terms as an author's reducers. */
import type { Pool } from "../expr.ts";
import type { Constant, Expr, Reducer, ValueType } from "../ir.ts";
import type { Reading } from "./reading.ts";

type NumberType = Exclude<ValueType, "bool">;

export function builtInReducer(reading: Reading, name: "sum" | "max" | "argmax", type: NumberType): Reducer {
  const key = `${name} ${type}`;
  let reducer = reading.reducers.get(key);
  if (reducer === undefined) {
    const { pool } = reading;
    reducer =
      name === "argmax"
        ? argmax(pool)
        : name === "sum"
          ? oneField(pool, name, type, "add", pool.constant(type, 0))
          : oneField(pool, name, type, "maximum", lowest(pool, type));
    reading.reducers.set(key, reducer);
  }
  return reducer;
}

function oneField(
  pool: Pool,
  name: string,
  type: NumberType,
  operator: "add" | "maximum",
  identity: Constant,
): Reducer {
  return {
    name,
    fields: [
      {
        name: "value",
        type,
        identity,
        combine: pool.binary(operator, pool.state("left", "value", type), pool.state("right", "value", type)),
      },
    ],
  };
}

/** The lowest finite f32, 0, or -2^31. */
function lowest(pool: Pool, type: NumberType): Constant {
  return type === "f32"
    ? pool.constant("f32", 0xff7fffff)
    : type === "u32"
      ? pool.u32(0)
      : pool.constant("i32", 0x80000000);
}

/** The greater key wins; of equal keys, the lower index. */
function argmax(pool: Pool): Reducer {
  const [leftKey, rightKey] = [pool.state("left", "key", "u32"), pool.state("right", "key", "u32")];
  const [leftIndex, rightIndex] = [pool.state("left", "index", "u32"), pool.state("right", "index", "u32")];
  const rightWins = pool.binary(
    "eitherTrue",
    pool.less(leftKey, rightKey),
    pool.binary("bothTrue", pool.binary("equal", leftKey, rightKey), pool.less(rightIndex, leftIndex)),
  );
  return {
    name: "argmax",
    fields: [
      { name: "key", type: "u32", identity: pool.u32(0), combine: pool.select(rightWins, rightKey, leftKey) },
      {
        name: "index",
        type: "u32",
        identity: pool.u32(0xffffffff),
        combine: pool.select(rightWins, rightIndex, leftIndex),
      },
    ],
  };
}

/** A u32 that orders as the value does; f32 by the total order of its bits. */
export function leafKey(pool: Pool, value: Expr): Expr {
  if (value.type === "u32") return value;
  if (value.type === "i32") return pool.binary("xor", pool.unary("toU32", value), pool.u32(0x80000000));
  const bits = pool.unary("bitsOf", value);
  const negative = pool.binary("equal", pool.binary("shiftRight", bits, pool.u32(31)), pool.u32(1));
  return pool.binary("xor", bits, pool.select(negative, pool.u32(0xffffffff), pool.u32(0x80000000)));
}
