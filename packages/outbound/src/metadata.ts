/** Where clouds hand out credentials to whoever asks from inside. Never an address to be called, whatever an allow list says. */

const NAMES = [
  'metadata', 'metadata.google.internal', 'metadata.goog', 'instance-data', 'instance-data.ec2.internal', 'metadata.tencentyun.com',
  'metadata.azure.internal', 'metadata.platformequinix.com', 'metadata.packet.net',
]

const ADDRESSES = [
  '169.254.169.254', '169.254.169.253', '169.254.169.123', '169.254.170.2', '169.254.170.23', '169.254.42.42', '169.254.0.23', '168.63.129.16',
  '100.100.100.200', '192.0.0.192', 'fd00:ec2:0:0:0:0:0:254', 'fd00:ec2:0:0:0:0:0:253', 'fd00:ec2:0:0:0:0:0:23', 'fd20:ce:0:0:0:0:0:254',
  'fd00:42:0:0:0:0:0:42', 'fe80:0:0:0:0:0:a9fe:a9fe',
]

/** The name in lower case, without a dot at its end. A name below one of them counts as well. */
export const isMetadataName = (name: string): boolean => NAMES.some(known => name === known || name.endsWith(`.${known}`) && known.includes('.'))

/** In the long form of ipaddr.js: four numbers, or eight groups without leading zeros. */
export const isMetadataAddress = (address: string): boolean => ADDRESSES.includes(address)
