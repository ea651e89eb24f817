/** Trees that add up: the sum of their leaves, plus `base`, is the log-odds of the answer "yes". */
export interface BoostedTrees {
  readonly features: number;
  /** Log-odds before the first tree. */
  readonly base: number;
  readonly trees: readonly Tree[];
}

/** A binary tree in columns, one entry for each node; node 0 is the root. */
export interface Tree {
  /** The feature that a branch asks for; −1 in a leaf. */
  readonly feature: readonly number[];
  /** A row goes left when its value is at most this; a 32-bit float. */
  readonly threshold: readonly number[];
  readonly left: readonly number[];
  readonly right: readonly number[];
  /** What a leaf adds; a 32-bit float, 0 in a branch. */
  readonly weight: readonly number[];
}

export interface BoostingOptions {
  readonly trees: number;
  readonly depth: number;
  /** How much of each tree's answer is taken. */
  readonly learningRate: number;
  /** Bins that a feature's values are sorted into, at most 256. */
  readonly bins: number;
  /** Rows that a leaf needs at least. */
  readonly minLeafRows: number;
  /** Weight of the squared leaf values in the loss. */
  readonly ridge: number;
  /** Share of the rows that each tree sees. */
  readonly rowShare: number;
}

/** Rows in columns: `columns[feature][row]`, and 1 for each row whose answer is "yes". */
export interface Table {
  readonly columns: readonly Float32Array[];
  readonly labels: Uint8Array;
}

/** Sums over the rows of one node: for each bin of each feature the gradient, the curvature and the count. */
type Histogram = Float64Array;
const SUMS = 3;

/**
 * Gradient boosting for yes and no: each tree is a Newton step on the log-loss, split level by level on
 * histograms (Friedman 2001; Chen & Guestrin 2016). The same rows and random numbers give the same trees.
 */
export function trainBoostedTrees(table: Table, options: BoostingOptions, random: () => number): BoostedTrees {
  const rows = table.labels.length;
  const edges = table.columns.map((column) => binEdges(column, options.bins));
  const binned = table.columns.map((column, feature) => toBins(column, edges[feature] as Float32Array));
  const share = table.labels.reduce((sum, label) => sum + label, 0) / rows;
  const base = Math.fround(Math.log(share / (1 - share)));
  const scores = new Float64Array(rows).fill(base);
  const gradient = new Float64Array(rows);
  const curvature = new Float64Array(rows);
  const trees: Tree[] = [];
  for (let round = 0; round < options.trees; round += 1) {
    const seen = new Uint32Array(rows);
    let count = 0;
    for (let row = 0; row < rows; row += 1) {
      const chance = sigmoid(at(scores, row));
      gradient[row] = chance - at(table.labels, row);
      curvature[row] = chance * (1 - chance);
      if (random() < options.rowShare) seen[count++] = row;
    }
    const tree = growTree({ binned, edges, gradient, curvature, options }, seen.subarray(0, count));
    trees.push(tree);
    for (let row = 0; row < rows; row += 1) {
      scores[row] = at(scores, row) + leafOf(tree, (feature) => at(table.columns[feature] as Float32Array, row));
    }
  }
  return { features: table.columns.length, base, trees };
}

/** Probability of "yes" for one row, as the graph computes it. */
export function runBoostedTrees(model: BoostedTrees, features: ArrayLike<number>): number {
  let score = model.base;
  for (const tree of model.trees) score += leafOf(tree, (feature) => Math.fround(at(features, feature)));
  return sigmoid(score);
}

function leafOf({ feature, threshold, left, right, weight }: Tree, value: (feature: number) => number): number {
  let node = 0;
  for (let asked = at(feature, 0); asked >= 0; asked = at(feature, node)) {
    node = value(asked) <= at(threshold, node) ? at(left, node) : at(right, node);
  }
  return at(weight, node);
}

interface Growing {
  readonly binned: readonly Uint8Array[];
  readonly edges: readonly Float32Array[];
  readonly gradient: Float64Array;
  readonly curvature: Float64Array;
  readonly options: BoostingOptions;
}

interface Columns {
  readonly feature: number[];
  readonly threshold: number[];
  readonly left: number[];
  readonly right: number[];
  readonly weight: number[];
}

function growTree(growing: Growing, rows: Uint32Array): Tree {
  const tree: Columns = { feature: [], threshold: [], left: [], right: [], weight: [] };
  grow(growing, tree, rows, histogramOf(growing, rows), 0);
  return tree;
}

/** Adds the node for these rows and everything below it; gives its place. */
function grow(growing: Growing, tree: Columns, rows: Uint32Array, histogram: Histogram, depth: number): number {
  const { options, binned, edges } = growing;
  const node = tree.feature.length;
  const split = depth < options.depth ? bestSplit(growing, histogram) : undefined;
  tree.feature.push(split?.feature ?? -1);
  tree.threshold.push(split ? at(edges[split.feature] as Float32Array, split.bin) : 0);
  tree.left.push(0);
  tree.right.push(0);
  tree.weight.push(split ? 0 : leafWeight(growing, histogram));
  if (!split) return node;

  const [low, high] = partition(rows, binned[split.feature] as Uint8Array, split.bin);
  // The larger side's sums are what the smaller side leaves of the parent's.
  const smaller = histogramOf(growing, low.length <= high.length ? low : high);
  const larger = histogram.map((sum, index) => sum - at(smaller, index));
  const [lowSums, highSums] = low.length <= high.length ? [smaller, larger] : [larger, smaller];
  tree.left[node] = grow(growing, tree, low, lowSums, depth + 1);
  tree.right[node] = grow(growing, tree, high, highSums, depth + 1);
  return node;
}

function histogramOf({ binned, gradient, curvature, options }: Growing, rows: Uint32Array): Histogram {
  const sums = new Float64Array(binned.length * options.bins * SUMS);
  for (const [feature, bins] of binned.entries()) {
    const start = feature * options.bins;
    for (let index = 0; index < rows.length; index += 1) {
      const row = at(rows, index);
      const place = (start + at(bins, row)) * SUMS;
      sums[place] = at(sums, place) + at(gradient, row);
      sums[place + 1] = at(sums, place + 1) + at(curvature, row);
      sums[place + 2] = at(sums, place + 2) + 1;
    }
  }
  return sums;
}

/** The split that lowers the loss most; none when no split helps or leaves enough rows on both sides. */
function bestSplit(
  { binned, edges, options }: Growing,
  histogram: Histogram,
): { feature: number; bin: number } | undefined {
  const [sumGradient, sumCurvature, count] = totals(histogram, options.bins);
  const whole = sumGradient ** 2 / (sumCurvature + options.ridge);
  let best: { feature: number; bin: number } | undefined;
  // Rounding leaves gains a little above zero where there is nothing to gain.
  let bestGain = 1e-6;
  for (let feature = 0; feature < binned.length; feature += 1) {
    let gradient = 0;
    let curvature = 0;
    let rows = 0;
    for (let bin = 0; bin < (edges[feature] as Float32Array).length; bin += 1) {
      const place = (feature * options.bins + bin) * SUMS;
      gradient += at(histogram, place);
      curvature += at(histogram, place + 1);
      rows += at(histogram, place + 2);
      if (rows < options.minLeafRows || count - rows < options.minLeafRows) continue;
      const low = gradient ** 2 / (curvature + options.ridge);
      const high = (sumGradient - gradient) ** 2 / (sumCurvature - curvature + options.ridge);
      if (low + high - whole > bestGain) {
        bestGain = low + high - whole;
        best = { feature, bin };
      }
    }
  }
  return best;
}

function leafWeight({ options }: Growing, histogram: Histogram): number {
  const [gradient, curvature] = totals(histogram, options.bins);
  return Math.fround((-options.learningRate * gradient) / (curvature + options.ridge));
}

/** Gradient, curvature and count of a node, which every feature's bins add up to. */
function totals(histogram: Histogram, bins: number): [number, number, number] {
  const sums: [number, number, number] = [0, 0, 0];
  for (let bin = 0; bin < bins; bin += 1) {
    sums[0] += at(histogram, bin * SUMS);
    sums[1] += at(histogram, bin * SUMS + 1);
    sums[2] += at(histogram, bin * SUMS + 2);
  }
  return sums;
}

/** Rows on either side of a split, each in the order that they had. */
function partition(rows: Uint32Array, bins: Uint8Array, bin: number): [Uint32Array, Uint32Array] {
  return [rows.filter((row) => at(bins, row) <= bin), rows.filter((row) => at(bins, row) > bin)];
}

/** Upper ends of all bins but the last: values at equal shares of the rows, each once. */
function binEdges(values: Float32Array, bins: number): Float32Array {
  const sorted = values.toSorted();
  const edges = new Set<number>();
  for (let bin = 1; bin < bins; bin += 1) edges.add(at(sorted, Math.floor((bin * sorted.length) / bins)));
  edges.delete(at(sorted, sorted.length - 1));
  return Float32Array.from(edges);
}

/** The first bin whose upper end a value does not pass. */
function toBins(values: Float32Array, edges: Float32Array): Uint8Array {
  return Uint8Array.from(values, (value) => {
    let low = 0;
    let high = edges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value <= at(edges, middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  });
}

function sigmoid(score: number): number {
  return 1 / (1 + Math.exp(-score));
}

/** Reads a place that the loops keep in range. */
function at(values: ArrayLike<number>, index: number): number {
  return values[index] as number;
}
