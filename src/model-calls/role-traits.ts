import { type Role, roles } from './dialects.ts'

/** The place of a role in `AttributeRoles.starts`. */
export function roleIndex(role: Role): number {
  return indexByRole.get(role)!
}

const indexByRole = new Map(roles.map((role, index) => [role, index]))

/** Roles of text tokens beside the three counts that nearly every call has. */
const detailRoles: readonly Role[] = [
  'cacheReadTokens',
  'cacheWriteTokens',
  'cacheWrite5mTokens',
  'cacheWrite1hTokens',
  'uncachedInputTokens',
  'reasoningTokens',
]
/** Roles of all counts of text tokens. */
export const textCountRoles: readonly Role[] = ['inputTokens', 'outputTokens', 'totalTokens', ...detailRoles]
/** Roles of counts of anything else. */
const otherCountRoles: readonly Role[] = [
  'inputAudioTokens',
  'outputAudioTokens',
  'cacheReadAudioTokens',
  'inputImageTokens',
  'outputImageTokens',
  'webSearches',
  'audioSeconds',
  'inputCharacters',
]
/** Roles of objects in which there may be any count. */
const bodyRoles: readonly Role[] = [
  'usageDetails',
  'usageMetadata',
  'usageBody',
  'answer',
  'inputTokenDetails',
  'outputTokenDetails',
  'providerMetadata',
]
/** Roles of what says that somebody has priced the call. */
const costRoles: readonly Role[] = ['existingCost', 'existingCostDetails', 'costStatus', 'priceId', 'costDetail']

/** Roles of what calls of one instrumentation to one model say again and again. */
export const nameRoles: readonly Role[] = [
  'requestModel',
  'responseModel',
  'provider',
  'operation',
  'spanKind',
  'entityKind',
  'serverAddress',
  'serviceTier',
  'processing',
]

/** What a record's roles have in common, a bit each: most calls have none of it, and are not asked further. */
export const traitDetails = 1
export const traitOtherCounts = 2
export const traitBody = 4
export const traitCost = 8
export const traitParameters = 16
export const traitOf = Uint8Array.from(
  roles,
  role =>
    (detailRoles.includes(role) ? traitDetails : 0) |
    (otherCountRoles.includes(role) ? traitDetails | traitOtherCounts : 0) |
    (bodyRoles.includes(role) ? traitBody : 0) |
    (costRoles.includes(role) ? traitCost : 0) |
    (role === 'callParameters' ? traitParameters : 0),
)
