-- What pandoc and Quarto leave undone for readers who listen, use a keyboard or go on in Word.
-- Quarto runs it last (filters:), the embedded renderer when it writes Word files.

local WORD = "openxml"
local KIND = { fig = "Image Caption", tbl = "Table Caption" }

local function is(format)
  return FORMAT:match(format) ~= nil
end

local function escape(text)
  return (text:gsub("&", "&amp;"):gsub("<", "&lt;"):gsub(">", "&gt;"):gsub('"', "&quot;"))
end

local function kind_of(identifier)
  local kind = identifier:match("^(%a+)%-.")
  return KIND[kind] and kind or nil
end

local function without_word_xml(inlines)
  return inlines:filter(function(item)
    return not (item.t == "RawInline" and item.format == WORD)
  end)
end

-- Word: numbers of captions, and references to them, as fields that Word counts itself

local bookmarks, bookmark_count = {}, 0

local function run(text)
  return '<w:r><w:t xml:space="preserve">' .. escape(text) .. "</w:t></w:r>"
end

local function field(code, shown)
  return '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
    .. '<w:r><w:instrText xml:space="preserve"> ' .. code .. " </w:instrText></w:r>"
    .. '<w:r><w:fldChar w:fldCharType="separate"/></w:r>' .. run(shown)
    .. '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
end

-- a name that Word takes for a bookmark: a letter first, no hyphens, 40 characters at most
local function bookmark(identifier)
  return "_Ref" .. pandoc.utils.sha1(identifier):sub(1, 16)
end

-- "Tabell", no-break space, "1", ":" at the start of a caption
local function numbered(inlines)
  local said, used = "", 0
  for i, item in ipairs(inlines) do
    if item.t ~= "Str" and item.t ~= "Space" then
      break
    end
    said, used = said .. (item.t == "Str" and item.text or " "), i
    local word, gap, number, rest = said:match("^([^%d]-)([ \u{a0}]+)(%d+)(:.*)$")
    if not word then
      word, gap, number, rest = said:match("^([^%d]-)(\u{a0})(%d+)(:.*)$")
    end
    if word then
      return word, number, rest, used
    end
  end
end

local function caption(identifier, inlines)
  local word, number, rest, used = numbered(inlines)
  if not word then
    return inlines
  end
  bookmark_count = bookmark_count + 1
  bookmarks[identifier] = bookmark(identifier)
  local id = tostring(90000 + bookmark_count)
  local xml = '<w:bookmarkStart w:id="' .. id .. '" w:name="' .. bookmarks[identifier] .. '"/>'
    .. run(word .. "\u{a0}") .. field("SEQ " .. word .. " \\* ARABIC", number)
    .. '<w:bookmarkEnd w:id="' .. id .. '"/>'
  local made = pandoc.List({ pandoc.RawInline(WORD, xml), pandoc.Str(rest) })
  for i = used + 1, #inlines do
    made:insert(inlines[i])
  end
  return made
end

local function reference(link)
  local name = bookmarks[link.target:match("^#(.+)$")]
  local said = pandoc.utils.stringify(link.content)
  local plain = link.content:find_if(function(item)
    return item.t ~= "Str" and item.t ~= "Space" and item.t ~= "Span"
  end) == nil
  if name and plain and said:match("^%D+%d+$") then
    return pandoc.RawInline(WORD, field("REF " .. name .. " \\h", said))
  end
end

-- Word: what Quarto lays out in tables becomes paragraphs with styles

local function styled(style, blocks)
  return pandoc.Div(blocks, pandoc.Attr("", {}, { ["custom-style"] = style }))
end

local function float_in(tbl)
  if #tbl.bodies ~= 1 or #tbl.bodies[1].body ~= 1 or #tbl.head.rows > 0 then
    return nil
  end
  local cells = tbl.bodies[1].body[1].cells
  local div = #cells == 1 and #cells[1].contents == 1 and cells[1].contents[1]
  return div and div.t == "Div" and kind_of(div.identifier) and div or nil
end

local function is_caption(block)
  local first = block.t == "Para" and block.content[1]
  return first and first.t == "RawInline" and first.text:match("ImageCaption") ~= nil
end

local function unwrapped(tbl)
  local div = float_in(tbl)
  if not div then
    return nil
  end
  local kind = kind_of(div.identifier)
  div.content = div.content:map(function(block)
    if is_caption(block) then
      return styled(KIND[kind], { pandoc.Para(without_word_xml(block.content)) })
    elseif kind == "fig" and (block.t == "Plain" or block.t == "Para") then
      return styled("Captioned Figure", { pandoc.Para(block.content) })
    end
    return block
  end)
  return div
end

-- great_tables says how a column is aligned in each of its cells
local function column_alignment(tbl)
  for _, body in ipairs(tbl.bodies) do
    for _, row in ipairs(body.body) do
      if #row.cells == #tbl.colspecs then
        for i, cell in ipairs(row.cells) do
          if tbl.colspecs[i][1] == "AlignDefault" and cell.alignment ~= "AlignDefault" then
            tbl.colspecs[i] = { cell.alignment, tbl.colspecs[i][2] }
          end
        end
        return
      end
    end
  end
end

local function bold(cell)
  for i, block in ipairs(cell.contents) do
    if (block.t == "Plain" or block.t == "Para") and #block.content > 0
      and block.content[1].t ~= "Strong" then
      cell.contents[i] = pandoc.Plain({ pandoc.Strong(block.content) })
    end
  end
end

local function word_table(tbl)
  local float = unwrapped(tbl)
  if float then
    return float
  end
  column_alignment(tbl)
  for _, row in ipairs(tbl.head.rows) do
    for _, cell in ipairs(row.cells) do
      bold(cell)
    end
  end
  return tbl
end

local function word_callout(div)
  local head, body, title = nil, pandoc.List(), nil
  local kind = "Note"
  for _, block in ipairs(div.content) do
    local drawn = block.t == "RawBlock"
      or (block.t == "Div" and #block.content == 1 and block.content[1].t == "RawBlock")
    if not drawn then
      local image = (block.t == "Para") and block.content:find_if(function(i)
        return i.t == "Image" and i.src:match("/docx/%a+%.png$")
      end)
      if image and not title then
        kind = image.src:match("/docx/(%a+)%.png$"):gsub("^%l", string.upper)
        title = without_word_xml(block.content):filter(function(i)
          return i.t ~= "Image"
        end)
        while title[1] and title[1].t == "Space" do
          title:remove(1)
        end
        head = styled("Callout " .. kind .. " Title", { pandoc.Para(title) })
      else
        body:insert(block)
      end
    end
  end
  if not head then
    return nil
  end
  local plain = styled("Callout " .. kind, body):walk({
    Para = function(p)
      return pandoc.Para(without_word_xml(p.content))
    end,
    Plain = function(p)
      return pandoc.Para(without_word_xml(p.content))
    end,
  })
  return { head, plain }
end

local function word_notes(div)
  if div.classes:includes("docx-callout") then
    return word_callout(div)
  elseif div.classes:includes("table-notes") then
    return styled("Table Note", div.content)
  end
end

local function word_image(image)
  local alt = image.attributes["fig-alt"] or image.attributes.alt
  if alt and alt ~= "" then
    image.caption = { pandoc.Str(alt) }
  end
  image.attributes["fig-alt"], image.attributes.alt = nil, nil
  return image
end

local function word_caption(div)
  if not kind_of(div.identifier) then
    return nil
  end
  return div:walk({
    Div = function(inner)
      local style = inner.attributes["custom-style"]
      local para = inner.content[1]
      if (style == KIND.fig or style == KIND.tbl) and para
        and (para.t == "Para" or para.t == "Plain") then
        inner.content[1] = pandoc.Para(caption(div.identifier, para.content))
        return inner
      end
    end,
  })
end

-- header and footer of the reference document show these properties of the file; Word prints an
-- error in the place of one of our own that is not there
local function word_properties(meta)
  meta.subject = meta.subject or meta["page-header"]
  meta["page-footer"] = meta["page-footer"] or pandoc.MetaInlines({ pandoc.Space() })
  return meta
end

-- HTML: each table and picture in a box that scrolls by keyboard, a way past the contents

local function caption_text(div)
  local said, inside = "", false
  div:walk({
    traverse = "topdown",
    RawBlock = function(raw)
      if raw.text:match("^<figcaption") then
        inside = true
      elseif raw.text:match("^</figcaption") then
        inside = false
      end
    end,
    Plain = function(p)
      said = (inside and said == "") and pandoc.utils.stringify(p) or said
    end,
  })
  return said
end

local function boxed(class, label, block)
  local attributes = { tabindex = "0" }
  if label ~= "" then
    attributes.role, attributes["aria-label"] = "region", label
  end
  return pandoc.Div({ block }, pandoc.Attr("", { class }, attributes))
end

local function html_boxes(blocks, label)
  return blocks:walk({
    traverse = "topdown",
    Div = function(div)
      if kind_of(div.identifier) then
        local own = caption_text(div)
        div.content = html_boxes(div.content, own)
        return div, false
      end
    end,
    Table = function(tbl)
      return boxed("table-scroll", label, tbl), false
    end,
    Para = function(p)
      if label ~= "" and #p.content == 1 and p.content[1].t == "Image" then
        return boxed("figure-scroll", label, p), false
      end
    end,
    Plain = function(p)
      if label ~= "" and #p.content == 1 and p.content[1].t == "Image" then
        return boxed("figure-scroll", label, p), false
      end
    end,
  })
end

local function beside(name)
  local folder = pandoc.path.directory(PANDOC_SCRIPT_FILE)
  local file = assert(io.open(pandoc.path.join({ folder, name }), "r"))
  local text = file:read("a")
  file:close()
  return text
end

-- a text that ends no string, rule or element of a style sheet
local function css(text)
  return (text:gsub("[%c\"\\<>&'{}]", function(sign)
    return ("\\%06x"):format(sign:byte())
  end))
end

-- a line that every page says: on the web page, and in a margin of every printed one
local function page_line(meta, name, place, tag, margin)
  if not meta[name] then
    return
  end
  local said = pandoc.utils.stringify(meta[name])
  local made = "<" .. tag .. ' class="' .. name .. '">' .. escape(said) .. "</" .. tag .. ">"
  quarto.doc.include_text(place, made)
  local rule = "@page { @" .. margin .. ' { content: "' .. css(said) .. '"; } }'
  quarto.doc.include_text("in-header", "<style>" .. rule .. "</style>")
end

local function html_page(doc)
  local lang = pandoc.utils.stringify(doc.meta.lang or "en"):sub(1, 2)
  doc.meta["skip-to-content"] = lang == "sv" and "Hoppa till innehållet" or "Skip to the content"
  page_line(doc.meta, "page-header", "before-body", "p", "top-right")
  page_line(doc.meta, "page-footer", "after-body", "footer", "bottom-left")
  quarto.doc.include_text("after-body", "<script>\n" .. beside("tables.js") .. "</script>")
  doc.blocks = html_boxes(doc.blocks, "")
  return doc
end

-- PDF: notes of tables as the template sets them

local function pdf_notes(div)
  if div.classes:includes("table-notes") then
    local blocks = pandoc.List({ pandoc.RawBlock("typst", "#table-note(lift: 1em)[") })
    blocks:extend(div.content)
    blocks:insert(pandoc.RawBlock("typst", "]"))
    return blocks
  end
end

-- words of another language, so that they are read aloud and hyphenated in it
local function pdf_lang(raw)
  return function(item)
    local lang, region = (item.attributes.lang or ""):match("^(%a+)%-?(%a*)$")
    if lang then
      region = region ~= "" and '"' .. region .. '"' or "none"
      local made = pandoc.List({ raw("typst", '#text(lang: "' .. lang .. '", region: ' .. region .. ")[") })
      made:extend(item.content)
      made:insert(raw("typst", "]"))
      return made
    end
  end
end

-- a row that is one cell wide names the rows below it: a head of its own, which stays with them
local function pdf_table(tbl)
  local found = false
  for _, body in ipairs(tbl.bodies) do
    for _, row in ipairs(body.body) do
      if #row.cells == 1 and #tbl.colspecs > 1 then
        row.cells[1].attributes["typst:fill"] = "render-group-fill"
        found = true
      end
    end
  end
  if not found then
    return nil
  end
  local options = pandoc.WriterOptions({ wrap_text = "none" })
  local text = "\n" .. pandoc.write(pandoc.Pandoc({ tbl }), "typst", options)
  local row = "(\n%s*)(table%.cell%([^\n]*fill: render%-group%-fill[^\n]*%],)"
  local heads = text:gsub(row, "%1table.header(level: 2, repeat: false, %2),")
  return pandoc.RawBlock("typst", heads)
end

if is("docx") then
  return {
    { Table = word_table, Div = word_notes, Image = word_image },
    { Div = word_caption },
    { Link = reference },
    { Meta = word_properties },
  }
elseif is("html") then
  return { { Pandoc = html_page } }
elseif is("typst") then
  return {
    { Span = pdf_lang(pandoc.RawInline), Div = pdf_lang(pandoc.RawBlock) },
    { Div = pdf_notes, Table = pdf_table },
  }
end
return {}
