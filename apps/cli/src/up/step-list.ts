import { applyStepChange, humanDuration, type RunStep, type StepChange, waitingSteps } from "@muster/kernel";
import type { Io, Paint } from "../output/io.ts";
import { STEP_MARKS } from "../output/marks.ts";
import { clip, pad } from "../output/text.ts";

/** Shows how a run gets on. */
export interface StepList {
  change(change: StepChange): void;
  /** A line above the steps that stays. */
  notice(text: string): void;
  /** Leaves the steps as they are; the next change begins a new list. */
  settle(): void;
}

/** How often the time of the running step is shown anew. */
const REDRAW_MS = 200;

/** A step list for a terminal, which is redrawn in place, or for a log, which gets one line when a step ends. */
export function createStepList(io: Io, paint: Paint): StepList {
  return io.errIsTerminal ? liveStepList(io, paint) : plainStepList(io, paint);
}

/** One step as a line: mark, title, time, what it came to. */
export function stepLine(step: RunStep, elapsedMs: number | undefined, paint: Paint): string {
  const { shape, tone } = STEP_MARKS[step.state];
  const ms = step.ms ?? (step.state === "running" ? elapsedMs : undefined);
  const time = ms === undefined ? "" : humanDuration(ms);
  const title = step.state === "waiting" ? paint("quiet", step.title) : step.title;
  return `${paint(tone, shape)} ${pad(title, 16)} ${pad(paint("quiet", time), 8)} ${step.note ?? ""}`.trimEnd();
}

function plainStepList(io: Io, paint: Paint): StepList {
  let steps = waitingSteps();
  return {
    change(change) {
      steps = applyStepChange(steps, change);
      const step = steps.find((each) => each.id === change.step);
      if (step && (change.state === "done" || change.state === "failed")) {
        io.err(`${stepLine(step, undefined, paint)}\n`);
      }
    },
    notice: (text) => io.err(`${text}\n`),
    settle() {
      steps = waitingSteps();
    },
  };
}

function liveStepList(io: Io, paint: Paint): StepList {
  let steps = waitingSteps();
  let drawn = 0;
  let timer: NodeJS.Timeout | undefined;
  const since = new Map<string, number>();

  const erase = (): string => (drawn === 0 ? "" : `\u001b[${drawn}A\u001b[0J`);
  const draw = (above = ""): void => {
    const lines = steps.map((step) => {
      const began = since.get(step.id);
      // A line that wraps would break the count of lines to go back, so it is cut before it is coloured.
      const room = Math.max(10, io.columns() - 28);
      const short = step.note === undefined ? step : { ...step, note: clip(step.note, room) };
      return stepLine(short, began === undefined ? undefined : io.now() - began, paint);
    });
    io.err(`${erase()}${above}${lines.join("\n")}\n`);
    drawn = lines.length;
  };

  return {
    change(change) {
      if (change.state === "running") since.set(change.step, io.now());
      steps = applyStepChange(steps, change);
      timer ??= setInterval(draw, REDRAW_MS).unref();
      draw();
    },
    notice(text) {
      if (drawn === 0) io.err(`${text}\n`);
      else draw(`${text}\n`);
    },
    settle() {
      clearInterval(timer);
      timer = undefined;
      // The steps stay, and what follows stands apart from them.
      if (drawn > 0) io.err("\n");
      drawn = 0;
      steps = waitingSteps();
      since.clear();
    },
  };
}
