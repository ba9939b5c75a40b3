/**
 * The same seed and request: the same tokens, and the same bits of their logprobs, on every device, alone and in a
 * crowd.
 */
import { expect, test } from "vitest";
import { loadCheckpoint } from "../../models/load.ts";
import { builtin } from "../../models/ordinary.ts";
import { demoDirectory } from "../../models/places.ts";
import { Engine, openDevice, type Engine as AnyEngine } from "../../runtime/index.ts";
import { bitsOf } from "../fixtures/bits.ts";
import { doesForAll } from "../fixtures/effort.ts";
import { sampledAnswers, sampledTokens, type SampledAnswer } from "../fixtures/sampled-answers.ts";

async function answer(
  engine: AnyEngine,
  { prompt, parameters }: SampledAnswer,
): Promise<Pick<SampledAnswer, "ids" | "logprobs">> {
  const {
    completions: [completion],
  } = await engine.submit({ prompt, ...parameters, maxTokens: sampledTokens, ignoreEnd: true }).result();
  return { ids: completion!.ids, logprobs: [...bitsOf(completion!.logprobs)] };
}

if (!doesForAll) console.log("The sampled tokens are run on another driver here, and in CI on each.");
test.runIf(doesForAll)(
  "at temperature 0.7 with top-p 0.9, and others, as the reference evaluator has them",
  async () => {
    const device = await openDevice();
    const model = await loadCheckpoint(demoDirectory, { device });
    const engine = new Engine(model, { tokensPerStep: 40, pages: 40 });
    const expected = sampledAnswers.map(({ ids, logprobs }) => ({ ids, logprobs }));
    for (const one of sampledAnswers.slice(0, 1)) expect(await answer(engine, one)).toEqual(expected[0]);
    const fillers = Array.from({ length: 13 }, async (_, index) =>
      engine
        .submit({ prompt: [index, 7, 9 * index], maxTokens: 9 + index, temperature: index % 3, seed: index })
        .result(),
    );
    expect(await Promise.all(sampledAnswers.map((one) => answer(engine, one)))).toEqual(expected);
    await Promise.all(fillers);
    await engine.close();
    model.dispose();
    // The control: the device's own exp, division and fused sums have other logprobs.
    const own = await loadCheckpoint(demoDirectory, { device, source: builtin });
    const other = new Engine(own);
    const [seen] = await Promise.all(sampledAnswers.slice(0, 1).map((one) => answer(other, one)));
    console.log(
      "with the device's own arithmetic " +
        `${seen!.logprobs.filter((bits, at) => bits !== expected[0]!.logprobs[at]).length} ` +
        `of ${sampledTokens} logprobs differ`,
    );
    expect(seen!.logprobs).not.toEqual(expected[0]!.logprobs);
    await other.close();
    own.dispose();
    device.dispose();
  },
);
