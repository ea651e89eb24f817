/** One example: numbers in, and the index of the class that it belongs to. */
export interface Example {
  readonly features: readonly number[];
  readonly label: number;
}

/** A network with one hidden layer: softmax(relu(x·w1 + b1)·w2 + b2). Weights are row-major, input by output. */
export interface Mlp {
  readonly inputs: number;
  readonly hidden: number;
  readonly classes: number;
  readonly w1: Float64Array;
  readonly b1: Float64Array;
  readonly w2: Float64Array;
  readonly b2: Float64Array;
}

export interface MlpTraining {
  readonly hidden: number;
  readonly classes: number;
  readonly epochs: number;
  readonly learningRate: number;
  /** Weight of the squared weights in the loss; keeps the network from growing over-confident. */
  readonly weightDecay: number;
}

/** Trains by gradient descent over the whole set (Adam, Kingma & Ba 2015), on features that are already scaled. */
export function trainMlp(examples: readonly Example[], training: MlpTraining, random: () => number): Mlp {
  const inputs = examples[0]?.features.length ?? 0;
  const { hidden, classes } = training;
  const network: Mlp = {
    inputs,
    hidden,
    classes,
    w1: heInitialised(inputs, hidden, random),
    b1: new Float64Array(hidden),
    w2: heInitialised(hidden, classes, random),
    b2: new Float64Array(classes),
  };
  const steps = [network.w1, network.b1, network.w2, network.b2].map((weights) => adam(weights, training));
  for (let epoch = 1; epoch <= training.epochs; epoch += 1) {
    const gradients = lossGradients(network, examples);
    for (const [index, step] of steps.entries()) step(gradients[index] as Float64Array, epoch);
  }
  return network;
}

/** Activations of the hidden layer and the probability of each class. */
export function runMlp(
  network: Mlp,
  features: ArrayLike<number>,
): { hidden: Float64Array; probabilities: Float64Array } {
  const hidden = layer(features, network.w1, network.b1).map((value) => Math.max(0, value));
  const scores = layer(hidden, network.w2, network.b2);
  const highest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return { hidden, probabilities: powers.map((power) => power / sum) };
}

function layer(input: ArrayLike<number>, weights: Float64Array, bias: Float64Array): Float64Array {
  const output = Float64Array.from(bias);
  const width = bias.length;
  for (let row = 0; row < input.length; row += 1) {
    for (let column = 0; column < width; column += 1) {
      output[column] = at(output, column) + at(input, row) * at(weights, row * width + column);
    }
  }
  return output;
}

/** Mean gradients of the cross-entropy, in the order w1, b1, w2, b2. */
function lossGradients(network: Mlp, examples: readonly Example[]): Float64Array[] {
  const { w1, b1, w2, b2 } = network;
  const [dw1, db1, dw2, db2] = [w1, b1, w2, b2].map((weights) => new Float64Array(weights.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const share = 1 / examples.length;
  for (const { features, label } of examples) {
    const { hidden, probabilities } = runMlp(network, features);
    const dScores = probabilities.map((probability, index) => (probability - (index === label ? 1 : 0)) * share);
    for (let unit = 0; unit < network.hidden; unit += 1) {
      let dUnit = 0;
      for (let index = 0; index < network.classes; index += 1) {
        const place = unit * network.classes + index;
        dw2[place] = at(dw2, place) + at(hidden, unit) * at(dScores, index);
        dUnit += at(w2, place) * at(dScores, index);
      }
      if (at(hidden, unit) <= 0) continue;
      db1[unit] = at(db1, unit) + dUnit;
      for (let input = 0; input < network.inputs; input += 1) {
        const place = input * network.hidden + unit;
        dw1[place] = at(dw1, place) + at(features, input) * dUnit;
      }
    }
    for (let index = 0; index < network.classes; index += 1) db2[index] = at(db2, index) + at(dScores, index);
  }
  return [dw1, db1, dw2, db2];
}

function adam(weights: Float64Array, training: MlpTraining): (gradient: Float64Array, time: number) => void {
  const mean = new Float64Array(weights.length);
  const square = new Float64Array(weights.length);
  return (gradient, time) => {
    for (let index = 0; index < weights.length; index += 1) {
      const slope = at(gradient, index) + training.weightDecay * at(weights, index);
      mean[index] = 0.9 * at(mean, index) + 0.1 * slope;
      square[index] = 0.999 * at(square, index) + 0.001 * slope * slope;
      const corrected = at(mean, index) / (1 - 0.9 ** time);
      const spread = Math.sqrt(at(square, index) / (1 - 0.999 ** time));
      weights[index] = at(weights, index) - (training.learningRate * corrected) / (spread + 1e-8);
    }
  };
}

/** Normally distributed weights with variance 2/inputs (He et al. 2015), by the Box-Muller transform. */
function heInitialised(inputs: number, outputs: number, random: () => number): Float64Array {
  const scale = Math.sqrt(2 / inputs);
  return Float64Array.from(
    { length: inputs * outputs },
    () => scale * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
}

/** Reads a place that the loops keep in range. */
function at(values: ArrayLike<number>, index: number): number {
  return values[index] as number;
}
