import { BlockList } from 'node:net';
import { BanTable } from '../../lib/bans/ban-table';
import { parsePrefix } from '../../lib/network/prefix';
import { random } from '../support/random';

const anything = () => true;

describe('the table of bans', () => {
  it('finds the value of the longest network that is accepted', () => {
    const table = new BanTable<string>();
    for (const network of [
      '10.0.0.0/8',
      '10.1.0.0/16',
      '10.1.2.3',
      '0.0.0.0/0',
      '2001:db8::/32',
      '2001:db8::1',
      '::/0',
    ]) {
      table.set(parsePrefix(network), network);
    }
    const find = (ip: string, accept: (network: string) => boolean = anything) => table.find(ip, accept);
    expect(find('10.1.2.3')).toBe('10.1.2.3');
    expect(find('10.1.2.3', (network) => network.endsWith('/16'))).toBe('10.1.0.0/16');
    expect(find('::ffff:10.1.9.9')).toBe('10.1.0.0/16');
    expect(find('11.0.0.0')).toBe('0.0.0.0/0');
    expect(find('2001:db8::1')).toBe('2001:db8::1');
    expect(find('2001:db8:ffff::1')).toBe('2001:db8::/32');
    expect(find('3000::')).toBe('::/0');
    expect(find('junk')).toBeUndefined();
    expect(table.get(parsePrefix('10.0.0.0/8'))).toBe('10.0.0.0/8');
    expect(table.get(parsePrefix('10.0.0.0/9'))).toBeUndefined();
  });

  it('agrees with the BlockList of Node while networks come and go', () => {
    const pick = random(7);
    const ipv4 = () => `10.${pick(2)}.${pick(4)}.${pick(256)}`;
    const ipv6 = () => `2001:db8:${pick(2)}:${pick(4)}::${pick(256).toString(16)}`;
    const table = new BanTable<string>();
    const held = new Set<string>();
    for (let round = 0; round < 300; round++) {
      const network = pick(2) === 0 ? `${ipv4()}/${8 + pick(25)}` : `${ipv6()}/${28 + pick(101)}`;
      table.set(parsePrefix(network), network);
      held.add(network);
      const [oldest] = held;
      if (pick(5) < 2 && oldest !== undefined) {
        table.delete(parsePrefix(oldest));
        for (const other of held) {
          if (JSON.stringify(parsePrefix(other)) === JSON.stringify(parsePrefix(oldest))) held.delete(other);
        }
      }
      const model = new BlockList();
      for (const entry of held) {
        const [address, length] = entry.split('/') as [string, string];
        model.addSubnet(address, Number(length), address.includes(':') ? 'ipv6' : 'ipv4');
      }
      for (const ip of [ipv4(), ipv6()]) {
        const found = table.find(ip, anything) !== undefined;
        expect([ip, found]).toEqual([ip, model.check(ip, ip.includes(':') ? 'ipv6' : 'ipv4')]);
      }
    }
  });

  it('forgets a length that no network has any more', () => {
    const table = new BanTable<number>();
    table.set(parsePrefix('10.0.0.0/8'), 1);
    table.delete(parsePrefix('10.0.0.0/8'));
    table.delete(parsePrefix('10.0.0.0/8'));
    expect(table.find('10.0.0.1', anything)).toBeUndefined();
  });
});
