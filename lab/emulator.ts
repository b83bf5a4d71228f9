/** Runs QEMU to its end. */
import { spawn } from "node:child_process";
import { atExit } from "./cleanup.ts";
import { systemError } from "./errors.ts";
import type { Qemu } from "./parts.ts";

/** How the emulator's process ended. */
export type End =
  | { readonly kind: "exit"; readonly status: number | null; readonly complaint: string }
  | { readonly kind: "late" };

/** @param seconds it is killed when it runs longer */
export function runEmulator(qemu: Qemu, args: readonly string[], seconds: number): Promise<End> {
  return new Promise((resolve, reject) => {
    const child = spawn(qemu.command, args, {
      env: { ...process.env, ...qemu.environment },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let late = false;
    let complaint = "";
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, seconds * 1000);
    const alive = atExit(() => {
      child.kill("SIGKILL");
    });
    const over = (): void => {
      clearTimeout(timer);
      alive();
    };
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaint += text;
    });
    child.on("error", (error) => {
      over();
      reject(systemError(`${qemu.command} cannot be started`, error));
    });
    child.on("close", (status) => {
      over();
      resolve(late ? { kind: "late" } : { kind: "exit", status, complaint: complaint.trim() });
    });
  });
}
