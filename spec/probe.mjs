/** Prints, as JSON, the device that VK_DRIVER_FILES offers; nothing where it offers none. For spec/test.mjs. */
import { NoAdapterError, openDevice } from "../dist/runtime/index.js";

try {
  const device = await openDevice();
  process.stdout.write(JSON.stringify(device.info));
  device.dispose();
} catch (error) {
  if (!(error instanceof NoAdapterError)) throw error;
}
