/**
 * Area under the ROC curve: how often a row with the answer "yes" gets a higher score than one without,
 * ties counting half (Mann & Whitney 1947). NaN when one of the answers does not occur.
 */
export function areaUnderRoc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const order = Array.from(scores, (score, row) => ({ score, label: labels[row] ?? 0 })).toSorted(
    (one, other) => one.score - other.score,
  );
  let positives = 0;
  let rankSum = 0;
  for (let first = 0; first < order.length;) {
    let next = first;
    let yes = 0;
    for (; next < order.length && order[next]?.score === order[first]?.score; next += 1) yes += order[next]?.label ?? 0;
    positives += yes;
    // Ranks count from 1; equal scores share their mean rank.
    rankSum += yes * ((first + 1 + next) / 2);
    first = next;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (order.length - positives));
}
