"""Pages of our own making, in the shapes that news systems give theirs."""

DRUPAL7 = """<!DOCTYPE html>
<html lang="en" dir="ltr">
<head>
  <meta charset="utf-8">
  <meta name="Generator" content="Drupal 7 (http://drupal.org)">
  <title>Families on the move again as shelling nears the olive terraces | The Harbour Gazette</title>
  <link rel="shortcut icon" href="/favicon.ico">
</head>
<body class="html not-front page-node page-node-4711 node-type-article">
  <header>
    <a href="/" rel="home" id="logo"><img src="/sites/default/files/logo.png" alt="Home" width="320"
      height="90"></a>
    <div id="site-name">The Harbour Gazette</div>
    <div class="region-header">Founded Jan 01,2020 in the old port, and printed daily ever since.</div>
  </header>
  <div class="breadcrumb"><a href="/">Home</a> » <a href="/news">News</a> » <a
    href="/news/region">Region</a></div>
  <div id="content">
    <h1 class="title" id="page-title">Families on the move again as shelling nears the olive terraces</h1>
    <div class="node node-article node-full clearfix" id="node-4711">
      <div class="author-date">By Lina Haddad - Feb 28,2020 - Last updated at Feb 28,2020</div>
      <div class="share"><img src="/misc/share.png" width="24" height="24" alt=""><img
        src="//pixel.example/t.gif" width="1" height="1"></div>
      <div class="rate-widget-1 rate-widget clearfix rate-updown">
        <ul><li><a class="rate-button" href="#">up</a></li></ul>
        <div class="rate-info">7 users have voted.</div>
      </div>
      <div class="field field-name-field-image field-type-image field-label-hidden">
        <div class="field-items"><div class="field-item even">
          <img src="/sites/default/files/styles/large/public/field/image/terraces_feb28.jpg?itok=Zx81"
            width="640" height="427" alt="">
        </div></div>
      </div>
      <div class="field field-name-field-image-caption field-type-text field-label-hidden">
        <div class="field-items"><div class="field-item even">A family loads a cart beside the road out of
          the hill town of Saraqeb on Thursday (AFP photo)</div></div>
      </div>
      <div class="field field-name-body field-type-text-with-summary field-label-hidden">
        <div class="field-items"><div class="field-item even">
          <p>SARAQEB, Syria — Carts, vans and a single school bus left the hill town before dawn on Friday,
            carrying families who had come back to their houses only three weeks earlier.</p>
          <p>The road north was crowded by noon, and the town's only bakery, which had opened every morning
            of the winter, did not light its oven for the first time since November.</p>
          <h3>A road with one way</h3>
          <p>Drivers said that the western turn was closed and that nobody could say for how long. One of
            them, who had made the journey four times in a year, kept his engine running while his neighbours
            loaded blankets.</p>
          <p>"We pack faster every time," he said. "The children know which bag is theirs, and they no
            longer ask how long we shall be away."</p>
          <h3>Waiting at the school</h3>
          <p>In the next valley a school has become a shelter again. Its head teacher counted two hundred
            arrivals in the morning and had stopped counting by the time the second bus came in.</p>
          <p>Aid workers brought mattresses and lamps, and asked the town council for a second water tank
            before the weekend.</p>
        </div></div>
      </div>
    </div>
    <div class="newsletter-box"><h2>Newsletter</h2><p>Get top stories and blog posts emailed to you each
      day.</p><input type="text" name="mail"></div>
  </div>
  <aside class="sidebar"><h2>Latest</h2><ul>
    <li><a href="/news/local/bridge">The bridge opens a week early</a> <time datetime="2024-05-01">May
      01,2024</time></li>
  </ul></aside>
  <footer><p>Copyright © 2024 The Harbour Gazette. All rights reserved.</p></footer>
</body>
</html>
"""
"""A page as a Drupal 7 newspaper made it in 2020: no JSON-LD, no OpenGraph, dates and votes only in its markup."""
