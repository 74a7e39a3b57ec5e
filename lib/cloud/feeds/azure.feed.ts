import { type CloudFeed, FeedRejected, textField, textsField } from './feed';
import { jsonFeed } from './json-feed';

const LINK = /https?:\/\/[^\s"'<>\\]{1,300}\/ServiceTags_Public_(\d{8})\.json/g;
const DOWNLOAD_HOST = 'download.microsoft.com';

// https://learn.microsoft.com/azure/virtual-network/service-tags-overview#discover-service-tags-by-using-downloadable-json-files
// The file has a new name every week, its address is on the download page alone. All tags count, not only the first.
export const azureFeed: CloudFeed = {
  provider: 'Azure',
  url: 'https://www.microsoft.com/en-us/download/details.aspx?id=56519',
  locate(page, pageUrl) {
    const links = [...page.matchAll(LINK)].filter(([link]) => isTrusted(new URL(link), pageUrl));
    const newest = links.sort(([, a = ''], [, b = '']) => b.localeCompare(a))[0];
    if (!newest) throw new FeedRejected('the download page has no link to ServiceTags_Public_*.json');
    return newest[0];
  },
  read: () =>
    jsonFeed({
      values: (element) => {
        const properties = (element as { properties?: unknown } | null)?.properties;
        const region = textField(properties, 'region') ?? '';
        return textsField(properties, 'addressPrefixes').map((prefix) => ({ prefix, region }));
      },
    }),
};

function isTrusted(link: URL, page: URL): boolean {
  return (link.protocol === 'https:' && link.hostname === DOWNLOAD_HOST) || link.origin === page.origin;
}
