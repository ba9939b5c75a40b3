/** The architectures against float64, without a device: small models by the reference evaluator. */
import { describe, expect, it } from "vitest";
import { oracleNames, readOracle, relativeError } from "./fixtures/oracles.ts";
import { ReferenceModel } from "./reference-model.ts";

describe.each(oracleNames)("%s by the reference evaluator", (name) => {
  it("is within 1% of float64 over all positions", async () => {
    const oracle = await readOracle(name);
    const error = relativeError((await ReferenceModel.load(oracle.directory)).forward(oracle.ids), oracle);
    console.log(`${name}: relative error ${error.toFixed(5)}`);
    expect(error).toBeLessThanOrEqual(0.01);
  });
});
