import type { Node } from "../onnx/model.ts";
import type { BoostedTrees } from "./boosted-trees.ts";

/** Boosted trees as the operator of `ai.onnx.ml`; its output has the shape [rows, 1] and is the log-odds. */
export function treeNode(model: BoostedTrees, input: string, output: string): Node {
  const nodes = model.trees.flatMap((tree, treeId) =>
    tree.feature.map((feature, nodeId) => ({
      treeId,
      nodeId,
      isLeaf: feature < 0,
      feature: Math.max(0, feature),
      threshold: tree.threshold[nodeId] as number,
      left: tree.left[nodeId] as number,
      right: tree.right[nodeId] as number,
      weight: tree.weight[nodeId] as number,
    })),
  );
  const leaves = nodes.filter(({ isLeaf }) => isLeaf);
  return {
    op: "TreeEnsembleRegressor",
    domain: "ai.onnx.ml",
    inputs: [input],
    outputs: [output],
    attributes: [
      { name: "n_targets", kind: "int", value: 1 },
      { name: "base_values", kind: "floats", value: [model.base] },
      { name: "nodes_treeids", kind: "ints", value: nodes.map(({ treeId }) => treeId) },
      { name: "nodes_nodeids", kind: "ints", value: nodes.map(({ nodeId }) => nodeId) },
      { name: "nodes_featureids", kind: "ints", value: nodes.map(({ feature }) => feature) },
      { name: "nodes_values", kind: "floats", value: nodes.map(({ threshold }) => threshold) },
      { name: "nodes_modes", kind: "strings", value: nodes.map(({ isLeaf }) => (isLeaf ? "LEAF" : "BRANCH_LEQ")) },
      { name: "nodes_truenodeids", kind: "ints", value: nodes.map(({ left }) => left) },
      { name: "nodes_falsenodeids", kind: "ints", value: nodes.map(({ right }) => right) },
      { name: "target_treeids", kind: "ints", value: leaves.map(({ treeId }) => treeId) },
      { name: "target_nodeids", kind: "ints", value: leaves.map(({ nodeId }) => nodeId) },
      { name: "target_ids", kind: "ints", value: leaves.map(() => 0) },
      { name: "target_weights", kind: "floats", value: leaves.map(({ weight }) => weight) },
    ],
  };
}
