/** One half of the recordings: two files, so that two workers share them. */
import { replayRecordings } from "./replayed.ts";

replayRecordings((_, index) => index % 2 === 0);
