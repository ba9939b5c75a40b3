/** After a fault: whether the device was lost, and whether a model on another device may take the lost one's place. */
import type { Device } from "../device.ts";
import { DeviceLostError, RequestError } from "../errors.ts";
import type { Model } from "../model/model.ts";

/** The device's loss, if that is what the error comes from. */
export async function lossOf(error: unknown, device: Device): Promise<DeviceLostError | undefined> {
  if (error instanceof DeviceLostError) return error;
  try {
    await device.assertAlive();
    return undefined;
  } catch (loss) {
    return loss instanceof DeviceLostError ? loss : undefined;
  }
}

/** A reopened model has the bits of the engine's own. @throws RequestError */
export function assertSameBits(model: Model, own: Model): void {
  if (model.manifest.fingerprint !== own.manifest.fingerprint) {
    throw new RequestError({
      where: "engine",
      what: `'reopen' gave another model, '${model.manifest.name}'`,
      fix: "give the same library again",
    });
  }
  if (model.fingerprint !== own.fingerprint && !(model.verified === true && own.verified === true)) {
    throw new RequestError({
      where: "engine",
      what:
        `'reopen' gave the model on another device, ${model.device.info.description}, and it is not known that ` +
        "both give the reference evaluator's bits",
      fix: "load both with the self-test, or open a device of the same kind",
    });
  }
}
