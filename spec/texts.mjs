/** `npm run -s texts -- OLD [NEW]`: compares the texts of all kernels under all schedules (texts/main.ts). */
import { register } from "node:module";

register("./texts/loader.mjs", import.meta.url);
await import("./texts/main.ts");
