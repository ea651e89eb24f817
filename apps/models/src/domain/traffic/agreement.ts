import { sliceRows, type Tensor, type Tensors } from "../tensor/tensor.ts";

/** How two versions answered the same rows. */
export interface Agreement {
  readonly rows: number;
  /** Rows in which every output is equal: labels and texts exactly, numbers to within the tolerance. */
  readonly agreeing: number;
  /** Largest difference of two numbers; infinite where one is not a number. */
  readonly largestDifference: number;
}

/** Numbers that lie closer than this are the same answer. */
const TOLERANCE = 1e-3;

/**
 * Compares answers row by row. Outputs that one of the two does not give, or in another shape, agree in no row.
 */
export function compareAnswers(champion: Tensors, challenger: Tensors, rows: number): Agreement {
  const disagreeing = new Set<number>();
  let largestDifference = 0;
  for (const [name, expected] of champion) {
    const actual = challenger.get(name);
    if (!actual || actual.datatype !== expected.datatype || actual.shape.join() !== expected.shape.join()) {
      return { rows, agreeing: 0, largestDifference: Number.POSITIVE_INFINITY };
    }
    for (let row = 0; row < rows; row += 1) {
      const difference = rowDifference(rowOf(expected, row, rows), rowOf(actual, row, rows));
      largestDifference = Math.max(largestDifference, difference);
      if (difference > (isExact(expected) ? 0 : TOLERANCE)) disagreeing.add(row);
    }
  }
  return { rows, agreeing: rows - disagreeing.size, largestDifference };
}

/** A tensor without rows first belongs to the only row there is. */
function rowOf(tensor: Tensor, row: number, rows: number): Tensor {
  return tensor.shape[0] === rows ? sliceRows(tensor, row, 1) : tensor;
}

function isExact({ datatype }: Tensor): boolean {
  return !datatype.startsWith("FP");
}

function rowDifference(expected: Tensor, actual: Tensor): number {
  let largest = 0;
  for (let at = 0; at < expected.data.length; at += 1) {
    const [a, b] = [expected.data[at], actual.data[at]];
    if (a === b || Object.is(a, b)) continue;
    const difference = typeof a === "string" ? 1 : Math.abs(Number(a) - Number(b));
    largest = Math.max(largest, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }
  return largest;
}
