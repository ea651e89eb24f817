import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";

/** One command of a larger job. */
export interface Task {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  /** What a person does when it fails. */
  readonly fix: string;
}

export interface TaskResult {
  readonly task: Task;
  readonly ok: boolean;
  readonly seconds: number;
  readonly output: string;
}

/**
 * Runs tasks, as many at once as there are processors, the first ones first, and hands over each
 * result as it arrives.
 */
export async function runTasks(tasks: readonly Task[], onResult: (result: TaskResult) => void): Promise<boolean> {
  const waiting = [...tasks];
  let ok = true;
  const work = async (): Promise<void> => {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
      const result = await runTask(task);
      ok &&= result.ok;
      onResult(result);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return ok;
}

async function runTask(task: Task): Promise<TaskResult> {
  const started = performance.now();
  const [program, ...args] = task.command;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
  const ok = await new Promise<boolean>((resolve) => {
    child.on("error", (error) => {
      chunks.push(Buffer.from(`${program} does not start: ${error.message}\n`));
      resolve(false);
    });
    child.on("close", (code) => resolve(code === 0));
  });
  return { task, ok, seconds: (performance.now() - started) / 1_000, output: Buffer.concat(chunks).toString() };
}
