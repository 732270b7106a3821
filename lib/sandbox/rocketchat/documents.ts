/** A document of the database: JSON with dates as ISO texts. */
export type Doc = { [key: string]: unknown }

/** One way in: a session (`when`) or a personal access token (`type`). */
export interface LoginToken {
  hashedToken: string
  when?: string
  type?: 'personalAccessToken'
  createdAt?: string
  lastTokenPart?: string
  /** What the caller sent, unchecked: the real server stores numbers as well. */
  name?: unknown
  bypassTwoFactor?: unknown
  twoFactorAuthorizedHash?: string
  twoFactorAuthorizedUntil?: string
}

/** A pending mailed code; `attempts` counts the wrong tries. */
export interface MailCode {
  code: string
  expire: string
  attempts: number
}

export interface Services {
  password?: { bcrypt: string }
  email2fa?: { enabled: boolean; changedAt: string }
  totp?: { enabled: boolean; secret?: string }
  emailCode?: MailCode
  resume?: { loginTokens: LoginToken[] }
}

export interface Mail {
  address: string
  verified: boolean
}

export interface User {
  _id: string
  createdAt: string
  username?: string
  name?: string
  emails?: Mail[]
  type: string
  roles: string[]
  status: string
  statusDefault?: string
  statusText?: string
  statusConnection?: string
  active: boolean
  reason?: string
  bio?: string
  nickname?: string
  language?: string
  utcOffset?: number
  avatarOrigin?: string
  avatarETag?: string
  lastLogin?: string
  requirePasswordChange?: boolean
  customFields?: Doc
  settings?: { preferences?: Doc; profile?: Doc }
  __rooms?: string[]
  _updatedAt: string
  services: Services
}

export interface Setting {
  _id: string
  type: string
  value?: unknown
  packageValue?: unknown
  valueSource: 'packageValue' | 'processEnvValue'
  processEnvValue?: unknown
  public: boolean
  hidden: boolean
  blocked: boolean
  enterprise: boolean
  modules?: readonly string[]
  invalidValue?: unknown
  group?: string
  section?: string
  editor?: string
  /** Bounds of an int or range, when the catalogue knows them. */
  minValue?: number
  maxValue?: number
}

export interface Permission {
  _id: string
  roles: string[]
  _updatedAt: string
  level?: 'settings'
  group?: string
  section?: string
  settingId?: string
}

export interface Role {
  _id: string
  name: string
  scope: string
  description: string
  mandatory2fa: boolean
  protected: boolean
  _updatedAt: string
}

export type RoomType = 'c' | 'p' | 'd'

export interface Author {
  _id: string
  username: string
  name?: string
}

export interface Room {
  _id: string
  t: RoomType
  name?: string
  fname?: string
  usernames?: string[]
  uids?: string[]
  _USERNAMES?: string[]
  u?: Author
  ts: string
  lm?: string
  lastMessage?: Message
  msgs: number
  usersCount: number
  default: boolean
  ro?: boolean
  sysMes?: boolean
  customFields?: Doc
  topic?: string
  archived?: boolean
  prid?: string
  _updatedAt: string
  [extra: string]: unknown
}

export interface Subscription {
  _id: string
  rid: string
  t: RoomType
  name: string
  fname?: string
  u: Author
  roles?: string[]
  open: boolean
  alert: boolean
  unread: number
  userMentions: number
  groupMentions: number
  ts: string
  ls?: string
  lr?: string
  archived?: boolean
  _updatedAt?: string
}

export interface Message {
  _id: string
  rid: string
  msg: string
  ts: string
  u: Author
  t?: string
  tmid?: string
  _updatedAt: string
  [extra: string]: unknown
}

/** An uploaded file or avatar; `content` is base64. */
export interface Upload {
  _id: string
  name: string
  type: string
  size: number
  rid?: string
  userId: string
  content: string
  uploadedAt: string
}
