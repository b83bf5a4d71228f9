/** The other half of the recordings. */
import { replayRecordings } from "./replayed.ts";

replayRecordings((_, index) => index % 2 === 1);
