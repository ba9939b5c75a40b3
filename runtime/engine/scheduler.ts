/**
 * Which completions a step computes, and how many ids of each: prompts in chunks and decoding rows together. It decides
 * about time only; nothing that it does shows in a result.
 */
import { pageSize, type CachedSequence, type PageAllocator } from "../model/pages.ts";
import type { PrefixCache } from "./prefix-cache.ts";
import type { Completion } from "./sequence.ts";

export interface SchedulerLimits {
  /** Ids that a step computes, at most. */
  readonly tokensPerStep: number;
  /** Completions that hold pages, at most. */
  readonly maxRunning: number;
  /** Steps of waiting that count as much as one of priority, so that everybody's turn comes. */
  readonly stepsPerPriority: number;
}

/** What a step takes of one completion. */
export interface Planned {
  readonly completion: Completion;
  /** Ids that the step appends; all that are pending where the next one is to be chosen. */
  readonly count: number;
}

/** What has pages. */
type Running = Completion & { cached: CachedSequence };

export class Scheduler {
  readonly #limits: SchedulerLimits;
  readonly #allocator: PageAllocator;
  readonly #prefixes: PrefixCache;
  readonly #open: () => CachedSequence;
  #waiting: Completion[] = [];
  #running: Running[] = [];
  #step = 0;
  preemptions = 0;
  cachedTokens = 0;

  constructor(limits: SchedulerLimits, allocator: PageAllocator, prefixes: PrefixCache, open: () => CachedSequence) {
    this.#limits = limits;
    this.#allocator = allocator;
    this.#prefixes = prefixes;
    this.#open = open;
  }

  get waiting(): readonly Completion[] {
    return this.#waiting;
  }

  get running(): readonly Completion[] {
    return this.#running;
  }

  add(completions: readonly Completion[]): void {
    for (const completion of completions) completion.waitingSince = this.#step;
    this.#waiting.push(...completions);
  }

  /** Takes it out, wherever it is; its pages are free, but for those that others share. */
  remove(completion: Completion): void {
    this.#waiting = this.#waiting.filter((other) => other !== completion);
    this.#running = this.#running.filter((other) => other !== completion);
    completion.cached?.close();
    completion.cached = undefined;
  }

  /**
   * What the next step computes; empty where nothing can go on. Completions of higher priority come first, and of
   * equal priority those that came first. Their pages are free to take afterwards.
   */
  plan(): Planned[] {
    this.#step++;
    const planned = new Map<Completion, number>();
    let room = this.#limits.tokensPerStep;
    let promised = 0;
    // Looked at again only when someone has given up pages: counting them goes through all that are cached.
    let available = this.#available;
    const free = (): number => available - promised;
    const giveUp = (victim: Running): void => {
      const count = planned.get(victim);
      if (count !== undefined) {
        room += count;
        promised -= victim.cached.pagesWanted(count);
        planned.delete(victim);
      }
      this.#preempt(victim);
      available = this.#available;
    };
    for (const completion of this.#running.toSorted(byRank)) {
      if (completion.paused || !this.#running.includes(completion)) continue;
      let count = Math.min(room, completion.pending);
      if (count === 0) continue;
      for (let wanted = completion.cached.pagesWanted(count); wanted > free(); ) {
        const victim = this.#victimFor(completion);
        if (victim === completion) {
          count = 0;
          giveUp(completion);
          break;
        }
        giveUp(victim);
        count = Math.min(room, completion.pending);
        wanted = completion.cached.pagesWanted(count);
      }
      if (count === 0) continue;
      planned.set(completion, count);
      promised += completion.cached.pagesWanted(count);
      room -= count;
    }
    this.#admit(planned, { room, promised });
    this.#prefixes.evict([...planned].reduce((total, [{ cached }, count]) => total + cached!.pagesWanted(count), 0));
    return [...planned].map(([completion, count]) => ({ completion, count }));
  }

  /** Remembers its full pages, for others that begin alike, and for itself after a preemption. */
  remember(completion: Completion): void {
    const { cached, ids, rememberedPages } = completion;
    if (cached === undefined) return;
    const full = Math.floor(cached.length / pageSize);
    if (full > rememberedPages) this.#prefixes.insert(ids.slice(0, cached.length), cached.pages);
    completion.rememberedPages = full;
  }

  /** Pages that are free, or would be if the prefix cache let go of what nobody uses. */
  get #available(): number {
    return this.#allocator.freePages + this.#prefixes.evictable;
  }

  #admit(planned: Map<Completion, number>, { room, promised }: { room: number; promised: number }): void {
    const rank = ({
      rank: before,
      group: {
        request: { priority },
      },
      waitingSince,
    }: Completion): number =>
      Math.max(before, priority + Math.floor((this.#step - waitingSince) / this.#limits.stepsPerPriority));
    const waiting = this.#waiting.toSorted((left, right) => rank(right) - rank(left) || byArrival(left, right));
    for (const completion of waiting) {
      if (room === 0) return;
      // Who else has the same prompt waits for it to be in the cache.
      if (completion.paused || (completion.index > 0 && !completion.group.prefilled)) continue;
      for (
        let idle = this.#idle();
        this.#running.length >= this.#limits.maxRunning && idle !== undefined;
        idle = this.#idle()
      )
        this.#preempt(idle);
      if (this.#running.length >= this.#limits.maxRunning) return;
      const shared = this.#prefixes.match(completion.ids);
      const cached = this.#open();
      cached.adopt(shared);
      // All of what it has to compute has room now, and the next id where that is another page: whoever is let in does
      // not leave at once.
      const last = Math.min(
        completion.ids.length + 1,
        completion.group.request.prompt.length + completion.group.request.maxTokens - 1,
      );
      const wanted = cached.pagesWanted(Math.max(last, completion.ids.length) - cached.length);
      const fits = (): boolean => wanted <= this.#available - promised;
      for (let idle = this.#idle(); !fits() && idle !== undefined; idle = this.#idle()) this.#preempt(idle);
      if (!fits()) {
        cached.close();
        // Nobody behind it may use up what it waits for.
        return;
      }
      completion.cached = cached;
      completion.wasAdmitted = true;
      completion.rank = rank(completion);
      completion.rememberedPages = shared.length;
      completion.cachedTokens += cached.length;
      this.cachedTokens += cached.length;
      this.#waiting = this.#waiting.filter((other) => other !== completion);
      this.#running.push(completion as Running);
      const count = Math.min(room, completion.pending);
      planned.set(completion, count);
      promised += cached.pagesWanted(count);
      room -= count;
    }
  }

  /** Gives up its pages, and waits to compute them again. */
  #preempt(completion: Running): void {
    this.remove(completion);
    completion.preemptions++;
    this.preemptions++;
    completion.waitingSince = this.#step;
    this.#waiting.push(completion);
  }

  /** Whoever has pages, and a consumer that does not read. */
  #idle(): Running | undefined {
    return this.#running.findLast((other) => other.paused);
  }

  /** Whoever reads nothing, then whoever came last of the lowest priority. */
  #victimFor(completion: Running): Running {
    const order = this.#running.toSorted(byRank);
    return order.findLast((other) => other.paused && other !== completion) ?? order.at(-1) ?? completion;
  }
}

function byRank(left: Completion, right: Completion): number {
  return right.rank - left.rank || byArrival(left, right);
}

function byArrival(left: Completion, right: Completion): number {
  return left.group.id - right.group.id || left.index - right.index;
}
