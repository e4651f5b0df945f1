/**
 * Divides `total` among demands so that nobody gets more than it asks for, and what is left over is shared equally by those
 * who ask for more: max-min fairness by filling from the smallest demand up.
 */
export function fairShares(demands: readonly number[], total: number): number[] {
  const order = demands.map((_, i) => i).sort((a, b) => demands[a]! - demands[b]!)
  const shares = new Array<number>(demands.length).fill(0)
  let left = total
  order.forEach((index, i) => {
    const share = Math.min(demands[index]!, left / (order.length - i))
    shares[index] = share
    left -= share
  })
  return shares
}
