/**
 * The nest's theorem, and what must hold besides. For each accumulator, the fold loops around its `accumulate`,
 * outermost first, are its tree's levels in order, except where an exchange stands: then the exchange's make and body
 * each have their part of the levels. It is checked after build and after each step; a finding is the compiler's own
 * error.
 */
import type { Expr, Reduce } from "../../dsl/ir.ts";
import { domainOf, rootsOfOutput } from "../../dsl/visit.ts";
import { InternalCompilerError } from "../errors.ts";
import { isInOrder, whyNotTiled } from "./dimension.ts";
import {
  type Accumulate,
  allNodes,
  type Exchange,
  type Fold,
  type Fused,
  type Held,
  leaderOf,
  type Loop,
  type Nest,
  type Node,
  type Store,
  titleOf,
} from "./nest.ts";
import { loopsOver, type Scope, valueFaults } from "./values.ts";

/** The nest itself, where nothing is wrong with it. */
export function verifyNest(nest: Nest, after: string): Nest {
  const [fault] = nestFaults(nest);
  if (fault !== undefined) throw new InternalCompilerError(`after ${after}, nest of ${nest.kernel.name}: ${fault}`);
  return nest;
}

/** What is wrong with a nest. */
export function nestFaults(nest: Nest): string[] {
  const checker = new Checker(nest);
  checker.visit(nest.body, { around: [], ended: new Set(), filled: new Set(), side: new Map() });
  for (const output of nest.kernel.outputs) {
    const stores = [...allNodes(nest.body)].filter((node) => node.kind === "store" && node.output === output).length;
    if (stores !== 1) checker.faults.push(`output ${output.name} is stored ${stores} times`);
  }
  return checker.faults;
}

class Checker {
  readonly faults: string[] = [];
  readonly #nest: Nest;

  constructor(nest: Nest) {
    this.#nest = nest;
  }

  visit(nodes: readonly Node[], scope: Scope): void {
    nodes.forEach((node, at) => this.#node(node, nodes.slice(0, at), scope));
  }

  #node(node: Node, before: readonly Node[], scope: Scope): void {
    const within: Scope = {
      around: [...scope.around, node],
      ended: new Set(scope.ended),
      filled: new Set(scope.filled),
      side: scope.side,
    };
    switch (node.kind) {
      case "loop":
        this.#loop(node, scope);
        this.visit(node.body, within);
        // An unrolled loop of points only writes its body out: what it has folded is there after it.
        if (node.over.kind === "points" && node.binding === "unrolled")
          within.ended.forEach((reduce) => scope.ended.add(reduce));
        return;
      case "fold":
        this.#fold(node, scope);
        this.visit(node.body, within);
        if (node.level === leaderOf(node.of).tree.length) node.of.members.forEach((reduce) => scope.ended.add(reduce));
        return;
      case "accumulate":
        return this.#accumulate(node, before, scope);
      case "exchange":
        this.#exchange(node, scope);
        this.visit(node.make, { ...within, side: new Map([...scope.side, [node, "make"]]) });
        this.visit(node.body, { ...within, side: new Map([...scope.side, [node, "body"]]) });
        node.of.members.forEach((reduce) => scope.ended.add(reduce));
        return;
      case "buffer": {
        const copies = [...allNodes(node.body)].filter(
          (inner) => inner.kind === "copy" && inner.buffer === node.buffer,
        );
        if (copies.length !== 1) this.#report(scope, `a ${node.buffer.space} buffer is filled ${copies.length} times`);
        this.visit(node.body, within);
        within.ended.forEach((reduce) => scope.ended.add(reduce));
        return;
      }
      case "copy":
        if (!scope.around.some((outer) => outer.kind === "buffer" && outer.buffer === node.buffer))
          this.#report(scope, "a copy fills a buffer that is not declared around it");
        this.visit(node.body, within);
        scope.filled.add(node.buffer);
        return;
      case "store":
        return this.#store(node, scope);
      case "fragment":
        this.#report(scope, "no unit takes a fragment yet");
        return this.visit(node.body, within);
    }
  }

  #loop(loop: Loop, scope: Scope): void {
    const { over, binding } = loop;
    const isOpen = scope.around.some((node) => node.kind === "fold" || node.kind === "exchange");
    if (over.kind === "points") {
      if (!this.#nest.axes.includes(over.axis)) this.#report(scope, `no output axis is called ${over.axis}`);
      if (isOpen) this.#report(scope, `a loop over points of ${over.axis} stands in a fold`);
      if (binding === "grid" && scope.around.some((node) => node.kind !== "loop" || node.binding !== "grid"))
        this.#report(scope, `the grid's loop over ${over.axis} is not outermost`);
    } else if (over.kind === "row") {
      if (binding !== "workgroup")
        this.#report(scope, `a row of ${titleOf(over.of)} is not dealt out to the workgroup`);
    } else if (binding === "grid" || binding === "workgroup" || binding === "invocation") {
      this.#report(scope, `level ${over.level} of ${titleOf(over.of)} is bound to ${binding}, which has no order`);
    }
  }

  #fold({ of, level, held, body }: Fold, scope: Scope): void {
    const { tree } = leaderOf(of);
    const parent = this.#parentOf(of, scope);
    const isLast = level === tree.length;
    const exchange = parent?.kind === "exchange" ? parent : undefined;
    const expected =
      parent === undefined
        ? tree.length
        : exchange === undefined
          ? (parent as Fold).level - 1
          : scope.side.get(exchange) === "make"
            ? exchange.row
            : tree.length;
    if (level !== expected)
      this.#report(scope, `level ${level} of ${titleOf(of)} stands where its tree has level ${expected}`);
    if (parent?.kind === "fold" && !this.#isInsideLoops(of, parent.level, scope))
      this.#report(scope, `the fold of level ${level} of ${titleOf(of)} is outside the loops of level ${parent.level}`);
    const taken = [...allNodes(body)].filter(
      (node) => node.kind === "accumulate" && node.of === of && node.level === level,
    ).length;
    if (taken !== 1) this.#report(scope, `level ${level} of ${titleOf(of)} is accumulated at ${taken} places`);
    if (isLast && exchange === undefined) this.#domain(of, held, scope);
    if (parent !== undefined && parent.held.map(({ axis }) => axis).join() !== held.map(({ axis }) => axis).join())
      this.#report(scope, `level ${level} of ${titleOf(of)} holds other points than the level above it`);
  }

  /** What a fold's domain mentions has one value for all the points that are held. */
  #domain(of: Fused, held: readonly Held[], scope: Scope): void {
    domainOf(leaderOf(of)).forEach((expr) => this.#expression(expr, scope));
    for (const { axis } of held) {
      const variable = this.#nest.kernel.pool.axisVariable(axis);
      if (domainOf(leaderOf(of)).some((expr) => expr.free.has(variable)))
        this.#report(scope, `points of ${axis} are held, and the domain of ${titleOf(of)} differs among them`);
      if (!of.members.some((reduce) => reduce.free.has(variable)))
        this.#report(scope, `points of ${axis} are held, and ${titleOf(of)} is the same at all of them`);
    }
  }

  #accumulate({ of, level, from }: Accumulate, before: readonly Node[], scope: Scope): void {
    const fold = scope.around.findLast((node) => node.kind === "fold" && node.of === of) as Fold | undefined;
    if (fold === undefined || fold.level !== level)
      return this.#report(scope, `level ${level} of ${titleOf(of)} is accumulated outside its fold`);
    const between = scope.around.slice(scope.around.indexOf(fold) + 1).filter((node) => node.kind !== "buffer");
    const loops = between.filter((node): node is Loop => node.kind === "loop");
    const foreign = between.find(
      (node) => node.kind !== "loop" || node.over.kind !== "level" || node.over.of !== of || node.over.level !== level,
    );
    if (foreign !== undefined)
      this.#report(
        scope,
        `a ${foreign.kind} of something else stands between level ${level} of ${titleOf(of)} and its fold`,
      );
    const why = level === 0 ? undefined : whyNotTiled(loops);
    if (why !== undefined)
      this.#report(scope, `the loops over level ${level} of ${titleOf(of)} do not tile it: ${why}`);
    if (!isInOrder(loops)) this.#report(scope, `the loops over level ${level} of ${titleOf(of)} are out of order`);
    switch (from) {
      case "leaf":
        if (level > 1) this.#report(scope, `level ${level} of ${titleOf(of)} takes leaves, and level 1 does not`);
        for (const reduce of of.members) reduce.leaf.forEach((leaf) => this.#expression(leaf, scope));
        return;
      case "level":
        if (!before.some((node) => node.kind === "fold" && node.of === of && node.level === level - 1))
          this.#report(scope, `level ${level} of ${titleOf(of)} has no value of level ${level - 1} to take`);
        return;
      case "exchange": {
        const exchange = scope.around.findLast((node) => node.kind === "exchange" && node.of === of);
        if (exchange?.kind !== "exchange" || scope.side.get(exchange) !== "body" || exchange.row !== level - 1)
          this.#report(scope, `level ${level} of ${titleOf(of)} takes values that no exchange has`);
      }
    }
  }

  #exchange(exchange: Exchange, scope: Scope): void {
    const { of, row, make, body, held } = exchange;
    const { tree } = leaderOf(of);
    if (row >= tree.length)
      this.#report(scope, `an exchange of level ${row} of ${titleOf(of)} leaves no level to fold`);
    const uneven = scope.around.find(
      (node) =>
        node.kind !== "loop" ||
        (node.binding !== "grid" && node.binding !== "invocation" && node.binding !== "unrolled"),
    );
    if (uneven !== undefined)
      this.#report(scope, `an exchange stands in a ${uneven.kind}, which some invocations may leave sooner`);
    const [loop] = make;
    if (
      make.length !== 1 ||
      loop?.kind !== "loop" ||
      loop.over.kind !== "row" ||
      loop.over.of !== of ||
      loop.over.row !== row
    )
      this.#report(scope, `an exchange does not make level ${row} of ${titleOf(of)}`);
    else if (row > 0 && !loop.body.some((node) => node.kind === "fold" && node.of === of && node.level === row))
      this.#report(scope, `an exchange has no fold of level ${row} of ${titleOf(of)}`);
    const takes = [...allNodes(body)].some(
      (node) => node.kind === "accumulate" && node.of === of && node.from === "exchange",
    );
    if (!takes) this.#report(scope, `an exchange of ${titleOf(of)} is not folded`);
    this.#domain(of, held, scope);
    if (row === 0) {
      const inside = { ...scope, around: [...scope.around, exchange, ...make], ended: this.#endedIn(make, scope) };
      for (const reduce of of.members) reduce.leaf.forEach((leaf) => this.#expression(leaf, inside));
    }
  }

  /** Reductions that folds among nodes, or in loops among them, have ended. */
  #endedIn(nodes: readonly Node[], { ended }: Scope): Set<Reduce> {
    const folds = [...allNodes(nodes)].filter((node) => node.kind === "fold");
    return new Set([...ended, ...folds.flatMap(({ of }) => of.members)]);
  }

  #store({ output, first }: Store, scope: Scope): void {
    if (scope.around.some((node) => node.kind !== "loop" && node.kind !== "buffer"))
      this.#report(scope, `output ${output.name} is stored inside a fold`);
    for (const axis of this.#nest.axes) {
      const why = whyNotTiled(loopsOver(axis, scope));
      if (why !== undefined) this.#report(scope, `output ${output.name} is not stored once a point of ${axis}: ${why}`);
      if (first.includes(axis) === output.over.includes(axis))
        this.#report(
          scope,
          `output ${output.name} is ${first.includes(axis) ? "" : "not "}stored at the first point of ${axis} alone`,
        );
    }
    rootsOfOutput(output).forEach((expr) => this.#expression(expr, scope));
  }

  #expression(expr: Expr, scope: Scope): void {
    for (const fault of valueFaults(expr, scope)) this.#report(scope, fault);
  }

  /** The fold or exchange of a reduction that is nearest around. */
  #parentOf(of: Fused, { around }: Scope): Fold | Exchange | undefined {
    return around.findLast(
      (node): node is Fold | Exchange => (node.kind === "fold" || node.kind === "exchange") && node.of === of,
    );
  }

  #isInsideLoops(of: Fused, level: number, { around }: Scope): boolean {
    const loops = around.filter(
      (node): node is Loop =>
        node.kind === "loop" && node.over.kind === "level" && node.over.of === of && node.over.level === level,
    );
    return whyNotTiled(loops) === undefined;
  }

  #report({ around }: Scope, message: string): void {
    const path = around.flatMap((node) =>
      node.kind === "loop" && node.over.kind === "points"
        ? [node.over.axis]
        : node.kind === "fold" || node.kind === "exchange"
          ? [`${node.kind} of ${titleOf(node.of)}`]
          : [],
    );
    this.faults.push(path.length === 0 ? message : `${message} (in ${path.join(" > ")})`);
  }
}
