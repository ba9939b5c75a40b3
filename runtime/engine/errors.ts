/**
 * What can go wrong with a request of an engine. What is wrong with its own parameters is a RequestError or
 * SamplingError.
 */
import { RuntimeError } from "../errors.ts";

/** The queue is full: nothing of the request was taken, and it may be sent again later. */
export class OverloadError extends RuntimeError {
  constructor(
    readonly waiting: number,
    readonly room: number,
    readonly wanted: number,
  ) {
    super({
      where: "engine",
      what:
        `its queue holds ${waiting} completions and has room for ${room} more, and ${wanted} ` +
        `${wanted === 1 ? "is" : "are"} asked for`,
      fix: "send the request again when others are done, or give the engine a larger maxWaiting",
    });
  }
}

/** The engine takes no more requests: it was closed, or its device is gone. */
export class EngineClosedError extends RuntimeError {}

/** The model gave the request a NaN or an infinity. Other requests are not touched. */
export class NotFiniteError extends RuntimeError {
  constructor(request: number, position: number) {
    super({
      where: `request ${request}`,
      what:
        `the logits at position ${position - 1} hold a NaN or an infinity, so that there is no token for position ` +
        `${position}`,
      fix: "look at the model's weights ('treefold doctor --model DIR' looks at the device)",
    });
  }
}

/**
 * A step would have read or written a page that is not the request's. Nothing was computed; this is a fault of the
 * engine.
 */
export class PageTableError extends RuntimeError {
  constructor(request: number, what: string) {
    super({
      where: `request ${request}`,
      what,
      fix: "this is a fault of the engine, not of the request: report it; no token was computed from it",
    });
  }
}
