/** Property tests draw the same cases in every run; `FC_SEED=… npx vitest run` draws others. */
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20_260_101) });
