/**
 * The nest as text. Loops of one name divide one dimension, and the name stands for the sum of their indices: `out by
 * 64` takes every 64th point, and `out in 64` each of 64. A reduction's value at a lower level has a prime more.
 */
import type { Expr, Reduce, Variable } from "../../dsl/ir.ts";
import { printTree } from "../../dsl/tree-notation.ts";
import { Affine } from "../affine.ts";
import { rowCounts } from "../rows.ts";
import {
  type Accumulate,
  allNodes,
  type Buffer,
  endedBy,
  type Fused,
  type Held,
  leaderOf,
  type Loop,
  type Nest,
  type Node,
  type Store,
} from "./nest.ts";
import { bufferName, memberName, wantedName } from "./names.ts";
import { printExpression, type Words } from "./print-expression.ts";
import { type Span, spanOf } from "./span.ts";

export function printNest(nest: Nest): string {
  return new Printer(nest).print();
}

/** What is known where a line stands. */
interface Place {
  readonly indent: string;
  /** The position, in each row of a reduction, that the loops around are at. */
  readonly positions: ReadonlyMap<Fused, ReadonlyMap<number, Expr>>;
  readonly buffers: readonly Buffer[];
  /** The folds that have ended, by the reductions whose values they made. */
  readonly ended: ReadonlyMap<Reduce, Fused>;
}

class Printer {
  readonly #nest: Nest;
  readonly #affine: Affine;
  readonly #names = new Map<Fused | Buffer, string>();
  readonly #indices = new Map<Variable, Map<number, Variable>>();
  readonly #taken: Set<string>;
  readonly #lines: string[] = [];

  constructor(nest: Nest) {
    this.#nest = nest;
    this.#affine = new Affine(nest.kernel.pool);
    const { axes, inputs, outputs } = nest.kernel;
    this.#taken = new Set([...axes, ...inputs, ...outputs].map(({ name }) => name));
    for (const node of allNodes(nest.body)) {
      if ((node.kind === "fold" || node.kind === "exchange") && !this.#names.has(node.of))
        this.#names.set(node.of, this.#fresh(wantedName(nest.kernel, node.of)));
      if (node.kind === "buffer") this.#names.set(node.buffer, this.#fresh(bufferName(nest.kernel, node.buffer)));
    }
  }

  print(): string {
    const { ways, leaves, layouts, body } = this.#nest;
    if (ways > 1) this.#line("", `ways ${ways}`);
    if (leaves > 1) this.#line("", `leaves ${leaves}`);
    for (const [input, blocks] of layouts) this.#line("", `layout ${input}: blocks of ${blocks.join(" × ")}`);
    this.#nodes(body, { indent: "", positions: new Map(), buffers: [], ended: new Map() });
    return `${this.#lines.join("\n")}\n`;
  }

  #fresh(wanted: string): string {
    let name = wanted;
    for (let n = 2; this.#taken.has(name); n++) name = `${wanted}_${n}`;
    this.#taken.add(name);
    return name;
  }

  #line(indent: string, text: string, note?: string): void {
    this.#lines.push(note === undefined ? indent + text : `${(indent + text).padEnd(40)}  # ${note}`);
  }

  /** Prints nodes, and returns the folds that have ended after them. */
  #nodes(nodes: readonly Node[], place: Place): ReadonlyMap<Reduce, Fused> {
    const ended = new Map(place.ended);
    for (const node of nodes) {
      this.#node(node, { ...place, ended });
      for (const of of endedBy(node)) of.members.forEach((reduce) => ended.set(reduce, of));
    }
    return ended;
  }

  #node(node: Node, place: Place): void {
    const inner: Place = { ...place, indent: `${place.indent}  ` };
    switch (node.kind) {
      case "loop":
        return node.over.kind === "points" ? this.#points(node, place) : this.#items(node, place);
      case "fold":
        this.#line(place.indent, `fold ${this.#valueName(node.of, node.level, node.held)}`);
        this.#nodes(node.body, node.level === leaderOf(node.of).tree.length ? this.#atEnd(node.of, inner) : inner);
        return;
      case "accumulate":
        return this.#accumulate(node, place);
      case "exchange":
        this.#line(place.indent, `exchange ${this.#valueName(node.of, node.row, node.held)}`);
        this.#nodes(node.make, inner);
        this.#nodes(node.body, place);
        return;
      case "buffer": {
        const { space, items, points, element } = node.buffer;
        const shape = [items.trips, ...points.map(({ axis, trips }) => `${axis} ${trips}`)].join(", ");
        this.#line(place.indent, `buffer ${this.#names.get(node.buffer)!}: ${space} ${element.type}[${shape}]`);
        this.#nodes(node.body, { ...place, buffers: [...place.buffers, node.buffer] });
        return;
      }
      case "copy": {
        const others = { ...inner, buffers: place.buffers.filter((buffer) => buffer !== node.buffer) };
        const variable = leaderOf(node.buffer.items.of).variable;
        this.#line(place.indent, `copy ${this.#names.get(node.buffer)!} over ${variable.name}: ${node.binding}`);
        const ended = this.#nodes(node.body, others);
        const { text, lines } = printExpression(node.buffer.element, this.#words({ ...others, ended }));
        lines.forEach((line) => this.#line(inner.indent, line));
        return this.#line(inner.indent, `${this.#names.get(node.buffer)!} = ${text}`);
      }
      case "store":
        return this.#store(node, place);
      case "fragment":
        this.#line(place.indent, `fragment ${node.m} × ${node.n} × ${node.k}`);
        this.#nodes(node.body, inner);
        return;
    }
  }

  /** Loops over points that hold nothing but each other share a line. */
  #points(loop: Loop, place: Place): void {
    const heads: string[] = [];
    let body: readonly Node[] = [loop];
    for (let [only] = body; body.length === 1 && only?.kind === "loop" && only.over.kind === "points"; [only] = body) {
      const trips = only.trips === "rest" ? "" : ` in ${only.trips}`;
      heads.push(`${only.over.axis}${trips}${only.stride === 1 ? "" : ` by ${only.stride}`}: ${only.binding}`);
      body = only.body;
    }
    this.#line(place.indent, `for ${heads.join(", ")}`);
    this.#nodes(body, { ...place, indent: `${place.indent}  ` });
  }

  #items(loop: Loop, place: Place): void {
    const { over, trips, stride, binding, body } = loop;
    if (over.kind === "points") return;
    const row = over.kind === "row" ? over.row : over.level - 1;
    const index = this.#nest.kernel.pool.index(this.#indexOf(over.of, row));
    const { position, count } =
      over.kind === "row"
        ? { position: index as Expr, count: rowCounts(this.#nest.kernel.pool, leaderOf(over.of))[row]! }
        : this.#within(over.of, over.level, index, place);
    const known = new Map([...(place.positions.get(over.of) ?? []), [row, position]]);
    const inner = {
      ...place,
      indent: `${place.indent}  `,
      positions: new Map([...place.positions, [over.of, known] as const]),
    };
    const many = trips === "rest" ? printExpression(count, this.#words(place)).text : `${trips}`;
    const bound = binding === "serial" ? "" : `: ${binding}`;
    const tree = leaderOf(over.of).tree;
    const note = over.kind === "row" ? undefined : printTree([tree[over.level - 1]!]);
    this.#line(
      place.indent,
      `for ${index.variable.name} in ${many}${stride === 1 ? "" : ` by ${stride}`}${bound}`,
      trips === "rest" ? note : undefined,
    );
    const ended = this.#nodes(body, inner);
    if (over.kind === "row" && row === 0)
      this.#leaves(over.of, { ...inner, ended }, (name, _, text) => `${name} = ${text}`);
  }

  /** Where a level's index lies in the row below it, and how many there are. */
  #within(of: Fused, level: number, index: Expr, place: Place): { readonly position: Expr; readonly count: Expr } {
    const { pool } = this.#nest.kernel;
    const reduce = leaderOf(of);
    const above = place.positions.get(of)?.get(level) ?? reduce.item ?? pool.u32(0);
    const items = rowCounts(pool, reduce)[level - 1]!;
    const span: Span = spanOf(pool, this.#affine, reduce.tree[level - 1]!, items, above, reduce.item !== undefined);
    const position = this.#affine.normal(pool.add(span.first, pool.multiply(index, pool.u32(span.stride))));
    return { position, count: span.count };
  }

  /** The name of a loop over a row: the item's for leaves, then letters. */
  #indexOf(of: Fused, row: number): Variable {
    const { variable: item } = leaderOf(of);
    const rows = this.#indices.get(item) ?? new Map<number, Variable>();
    this.#indices.set(item, rows);
    let variable = rows.get(row);
    if (variable === undefined) {
      const wanted = row === 0 ? item.name : ("rstu"[row - 1] ?? `level${row}`);
      variable = { name: this.#fresh(wanted), axis: item.axis, kind: "item" };
      rows.set(row, variable);
    }
    return variable;
  }

  /** A fold by itself starts at the top of its tree, wherever the loops around stood. */
  #atEnd(of: Fused, place: Place): Place {
    return { ...place, positions: new Map<Fused, ReadonlyMap<number, Expr>>([...place.positions, [of, new Map()]]) };
  }

  #valueName(of: Fused, level: number, held: readonly Held[]): string {
    const points = held.length === 0 ? "" : `[${held.map(({ axis, trips }) => `${axis} ${trips}`).join(", ")}]`;
    return `${this.#names.get(of)!}${"'".repeat(leaderOf(of).tree.length - level)}${points}`;
  }

  #accumulate({ of, level, from }: Accumulate, place: Place): void {
    const name = this.#valueName(of, level, []);
    if (from !== "leaf") {
      const below = this.#valueName(of, level - 1, []);
      const at = from === "exchange" ? `[${this.#position(of, level - 1, place)}]` : "";
      return this.#line(place.indent, this.#combined(name, of, `${below}${at}`));
    }
    this.#leaves(of, place, (_, reduce, text, own) => this.#combined(own, { members: [reduce] }, text));
  }

  /** A line for each reduction's leaf. */
  #leaves(
    of: Fused,
    place: Place,
    line: (lowest: string, reduce: Reduce, text: string, level1: string) => string,
  ): void {
    for (const [member, reduce] of of.members.entries()) {
      const suffix = of.members.length === 1 ? "" : `.${memberName(this.#nest.kernel, of, member)}`;
      const texts = reduce.leaf.map((leaf) => {
        const { text, lines } = printExpression(leaf, this.#words(place));
        lines.forEach((named) => this.#line(place.indent, named));
        return text;
      });
      const { fields } = reduce.reducer;
      const value =
        fields.length === 1 ? texts[0]! : `{ ${fields.map((field, at) => `${field.name}: ${texts[at]!}`).join(", ")} }`;
      const names = [0, Math.min(1, reduce.tree.length)].map((level) => `${this.#valueName(of, level, [])}${suffix}`);
      this.#line(place.indent, line(names[0]!, reduce, value, names[1]!));
    }
  }

  #combined(name: string, { members }: Fused, value: string): string {
    const reducers = [...new Set(members.map(({ reducer }) => reducer.name))].join(", ");
    return members.every(addsSides) ? `${name} += ${value}` : `${name} = ${reducers}(${name}, ${value})`;
  }

  #position(of: Fused, row: number, place: Place): string {
    const position = place.positions.get(of)?.get(row);
    return position === undefined ? "?" : printExpression(position, this.#words(place)).text;
  }

  #store({ output, first }: Store, place: Place): void {
    const { text, lines } = printExpression(output.value, this.#words(place));
    lines.forEach((line) => this.#line(place.indent, line));
    const indices = output.place?.map((index) => printExpression(index, this.#words(place)).text) ?? output.axes;
    const once = first.length === 0 ? "" : ` at the first ${first.join(", ")}`;
    this.#line(place.indent, `${output.name}[${indices.join(", ")}] = ${text}${once}`);
  }

  #words(place: Place): Words {
    const { pool, names } = this.#nest.kernel;
    return {
      item: (variable) => {
        for (const [of, rows] of [...place.positions].reverse()) {
          const reduce = leaderOf(of);
          const position = rows.get(0);
          if (reduce.variable === variable && position !== undefined)
            return this.#affine.normal(pool.add(reduce.start, position));
        }
        return undefined;
      },
      field: ({ of: reduce, field }) => {
        const of = place.ended.get(reduce);
        if (of === undefined) return `${reduce.reducer.name}?`;
        const member =
          of.members.length === 1 ? "" : `.${memberName(this.#nest.kernel, of, of.members.indexOf(reduce))}`;
        return `${this.#names.get(of)!}${member}${reduce.reducer.fields.length === 1 ? "" : `.${field}`}`;
      },
      buffered: (part) => {
        const buffer = place.buffers.find(({ element }) => element === part);
        if (buffer === undefined) return undefined;
        const { name } = leaderOf(buffer.items.of).variable;
        return `${this.#names.get(buffer)!}[${[name, ...buffer.points.map(({ axis }) => axis)].join(", ")}]`;
      },
      author: (part) => names.get(part),
    };
  }
}

/** Whether a reduction adds its items, as `+=` does. */
function addsSides({ reducer: { fields } }: Reduce): boolean {
  const combine = fields[0]!.combine;
  return (
    fields.length === 1 &&
    combine.kind === "binary" &&
    combine.operator === "add" &&
    combine.left.kind === "state" &&
    combine.right.kind === "state"
  );
}
