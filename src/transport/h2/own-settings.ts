import {
  settingEnablePush,
  settingInitialWindowSize,
  settingMaxConcurrentStreams,
  settingMaxFrameSize,
  settingMaxHeaderListSize,
  settingsFrame,
} from './frame.ts'

/** What an end of a connection allows the other. */
export interface Http2Settings {
  readonly headerBytesMax: number
  readonly headerPairsMax: number
  /** Window of each stream and of the connection, in bytes. */
  readonly streamWindowBytes: number
  readonly connectionWindowBytes: number
  /** Streams the peer may open; 0 for a client, which allows no push. */
  readonly streamsMax: number
  readonly frameBytesMax: number
}

/** The SETTINGS frame that says so. */
export function ownSettings(settings: Http2Settings): Uint8Array {
  const pairs: [number, number][] = [
    [settingInitialWindowSize, settings.streamWindowBytes],
    [settingMaxFrameSize, settings.frameBytesMax],
    [settingMaxHeaderListSize, settings.headerBytesMax],
  ]
  if (settings.streamsMax > 0) pairs.push([settingMaxConcurrentStreams, settings.streamsMax])
  else pairs.push([settingEnablePush, 0])
  return settingsFrame(pairs)
}
