/** Several machines at a time. */

export interface PoolOptions {
  /** How many at a time; 2 when absent. */
  readonly parallel?: number;
}

/**
 * Does the work for every machine, a few at a time, started in order.
 *
 * @param machines or what is known of each
 * @param work its failure does not keep the others from running
 * @returns the results in the order of the machines
 * @throws the failure of the first machine in that order, when all have ended
 */
export async function forEachMachine<M, T>(
  machines: readonly M[],
  work: (machine: M) => Promise<T>,
  { parallel = 2 }: PoolOptions = {},
): Promise<readonly T[]> {
  const outcomes: PromiseSettledResult<T>[] = [];
  const waiting = machines.entries();
  const worker = async (): Promise<void> => {
    for (const [at, machine] of waiting) {
      const [outcome] = await Promise.allSettled([work(machine)]);
      outcomes[at] = outcome;
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, parallel) }, worker));
  return outcomes.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
}
